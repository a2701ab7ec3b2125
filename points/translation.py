"""Which words of the points app an operator writes in both languages."""

from modeltranslation.translator import TranslationOptions, register

from points.models import Rule


@register(Rule)
class RuleTranslation(TranslationOptions):
    """A rule's name is read by members."""

    fields = ("name",)
