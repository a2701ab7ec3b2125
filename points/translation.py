"""Which words of the points app an operator writes in both languages, and which rows keep their
history.

History is registered here and not in models.py: simple-history copies the fields a model has at
that moment, and the translated ones exist only from here on.
"""

import simple_history
from modeltranslation.translator import TranslationOptions, translator

from points.models import Rule, TierLevel


class RuleOptions(TranslationOptions):
    """A rule's name is read by members."""

    fields = ("name",)


class TierOptions(TranslationOptions):
    """A tier's name is read by members."""

    fields = ("name",)


translator.register(Rule, RuleOptions)
translator.register(TierLevel, TierOptions)
simple_history.register(Rule, excluded_fields=["changed_at", "former", "budget"])
