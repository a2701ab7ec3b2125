"""Points a paused account earned, until a person has decided about its case."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from points.models.books import PointAccount
from points.models.rules import RuleVersion


class SetAside(models.Model):
    """What one fact earned while its member's account could not earn: worth what the rule said on
    its own day, good until the day it would have been.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CREDITED = "credited", _("Credited")
        DROPPED = "dropped", _("Dropped")

    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="set_aside", verbose_name=_("Member")
    )
    version = models.ForeignKey(
        RuleVersion, models.PROTECT, related_name="+", verbose_name=_("Rule version")
    )
    action = models.CharField(_("Action"), max_length=40)
    key = models.CharField(_("Fact"), max_length=100)
    reference = models.CharField(_("Reference"), max_length=80, blank=True)
    description = models.CharField(_("Description"), max_length=200, blank=True)
    points = models.PositiveIntegerField(_("Points"))
    # how rules of more than one kind made them (points/making.py)
    made = models.JSONField(null=True, editable=False)
    step = models.PositiveIntegerField(_("Step"), null=True, blank=True)
    on = models.DateField(_("Shop day"))
    expires_on = models.DateField(_("Last day"), null=True, blank=True)
    status = models.CharField(_("Status"), max_length=8, choices=Status, default=Status.WAITING)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("Points set aside")
        verbose_name_plural = _("Points set aside")
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(name="points_set_aside_fact", fields=["account", "key"])
        ]
        indexes = [models.Index(name="points_set_aside_status", fields=["account", "status"])]

    def __str__(self):
        return self.key
