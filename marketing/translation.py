"""Which words of marketing an operator writes in both languages."""

from modeltranslation.translator import TranslationOptions, translator

from marketing.models import Draw, DrawPrize, Mission


class MissionOptions(TranslationOptions):
    """Title and text are read by members."""

    fields = ("title", "text")


class DrawOptions(TranslationOptions):
    """Title and text are read by members."""

    fields = ("title", "text")


class DrawPrizeOptions(TranslationOptions):
    """So is what can be won."""

    fields = ("name",)


translator.register(Mission, MissionOptions)
translator.register(Draw, DrawOptions)
translator.register(DrawPrize, DrawPrizeOptions)
