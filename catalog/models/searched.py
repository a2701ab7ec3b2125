"""What was searched for, counted by day and word; nobody stands beside it. And what the operators
say of the words that are shown.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

WORD_LENGTH = 20


class SearchedWord(models.Model):
    """How often a word was searched for on a shop day and found something; written by
    catalog/searches.py alone.
    """

    day = models.DateField(_("day"))
    word = models.CharField(_("word"), max_length=WORD_LENGTH)
    times = models.PositiveIntegerField(_("times"), default=0)

    class Meta:
        verbose_name = _("searched word")
        verbose_name_plural = _("searched words")
        constraints = [models.UniqueConstraint(fields=["day", "word"], name="searched_word_once")]

    def __str__(self):
        return self.word


class HotWord(models.Model):
    """A word that operators show first under the search box, or never."""

    word = models.CharField(
        _("word"),
        max_length=WORD_LENGTH,
        unique=True,
        error_messages={"unique": _("This word stands in the list already.")},
    )
    is_hidden = models.BooleanField(
        _("never shown"), default=False, help_text=_("However often it is searched for.")
    )
    position = models.PositiveIntegerField(
        _("position"), default=0, help_text=_("Lower comes first, before what is searched most.")
    )

    class Meta:
        verbose_name = _("hot word")
        verbose_name_plural = _("hot words")
        ordering = ["position", "id"]

    def __str__(self):
        return self.word
