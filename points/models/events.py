"""Facts of members as rows, and what could not be heard of them. Only points/event_rows.py adds
facts.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from mall.core.append_only import AppendOnly, AppendOnlyQuerySet
from points.models.books import SEQ_BITS, SEQ_SPAN


class EventQuerySet(AppendOnlyQuerySet):
    """Facts, to be read."""

    def of(self, user_id: int):
        """The facts of one member, in the order in which they were committed."""
        first = user_id * SEQ_SPAN
        return self.filter(pk__gt=first, pk__lt=first + SEQ_SPAN).order_by("pk")

    def about(self, key: str):
        """The facts about what a key of the books begins with (``order:<no>:spend``)."""
        return self.filter(reference=":".join(key.split(":")[:2]))


class Event(AppendOnly):
    """One fact of one member, as ``mall.core.events.Event`` says it. ``id`` = member · 2²⁴ + n:
    gap-free, in the order of commit.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("what happened"), max_length=32)
    reference = models.CharField(_("about"), max_length=80)
    actor = models.CharField(
        _("by"),
        max_length=80,
        help_text=_("member:<id>, staff:<id>, system, or a payment provider"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    data = models.JSONField(_("numbers"), default=dict, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["pk"]
        indexes = [models.Index(fields=["reference", "id"], name="event_reference")]

    def __str__(self):
        return f"{self.kind} · {self.reference}"

    @property
    def member(self) -> int:
        """The member's id."""
        return self.pk >> SEQ_BITS

    @property
    def n(self) -> int:
        """The number of the fact among the member's, from 1."""
        return self.pk & (SEQ_SPAN - 1)


class Parked(models.Model):
    """A listener that failed on a fact again and again: the member's later facts go on, and a
    person looks.
    """

    event = models.ForeignKey(
        Event,
        models.PROTECT,
        db_constraint=False,
        related_name="parked",
        verbose_name=_("fact"),
    )
    listener = models.CharField(_("what was to follow"), max_length=120)
    error = models.CharField(_("why not"), max_length=300)
    tries = models.PositiveIntegerField(_("tries"), default=1)
    parked_at = models.DateTimeField(_("since"))
    done_at = models.DateTimeField(_("made up for at"), null=True, blank=True)

    class Meta:
        verbose_name = _("unheard fact")
        verbose_name_plural = _("unheard facts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "listener"], name="parked_once"),
        ]
        indexes = [models.Index(fields=["done_at"], name="parked_open")]

    def __str__(self):
        return f"{self.event_id} · {self.listener}"
