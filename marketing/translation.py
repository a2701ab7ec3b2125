"""Which words of marketing an operator writes in both languages."""

from modeltranslation.translator import TranslationOptions, translator

from marketing.models import Campaign, Draw, DrawPrize, Mission, Segment


class MissionOptions(TranslationOptions):
    """Title and text are read by members."""

    fields = ("title", "text")


class DrawOptions(TranslationOptions):
    """Title and text are read by members, and why a draw was called off."""

    fields = ("title", "text", "cancellation_reason")


class DrawPrizeOptions(TranslationOptions):
    """So is what can be won."""

    fields = ("name",)


class SegmentOptions(TranslationOptions):
    """Operators read the name."""

    fields = ("name",)


class CampaignOptions(TranslationOptions):
    """Operators read the name, members the message and why they get it."""

    fields = ("name", "title", "text", "reason")


translator.register(Mission, MissionOptions)
translator.register(Draw, DrawOptions)
translator.register(DrawPrize, DrawPrizeOptions)
translator.register(Segment, SegmentOptions)
translator.register(Campaign, CampaignOptions)
