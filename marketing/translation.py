"""Which words of marketing an operator writes in both languages."""

from modeltranslation.translator import TranslationOptions, translator

from marketing.models import Mission


class MissionOptions(TranslationOptions):
    """Title and text are read by members."""

    fields = ("title", "text")


translator.register(Mission, MissionOptions)
