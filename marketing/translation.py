"""Which words of marketing an operator writes in both languages."""

from modeltranslation.translator import TranslationOptions, translator

from marketing.models import Campaign, Mission, Segment


class MissionOptions(TranslationOptions):
    """Title and text are read by members."""

    fields = ("title", "text")


class SegmentOptions(TranslationOptions):
    """Operators read the name."""

    fields = ("name",)


class CampaignOptions(TranslationOptions):
    """Operators read the name, members the message and why they get it."""

    fields = ("name", "title", "text", "reason")


translator.register(Mission, MissionOptions)
translator.register(Segment, SegmentOptions)
translator.register(Campaign, CampaignOptions)
