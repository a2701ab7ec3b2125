"""Points on the way, and what a refund took back of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mall.core.append_only import AppendOnly
from points.models.books import PointAccount
from points.models.rules import RuleVersion


class Grant(models.Model):
    """Points promised for one fact: on the way until they mature, then one entry of the ledger (key
    ``grant:<id>``).

    Every change happens under the member's lock. The promise is in the terms of the version that
    made it: whatever the rules say later, these are the points that come and the points a refund
    takes back.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("On the way")
        MATURED = "matured", _("Arrived")
        VOID = "void", _("Fell away")

    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="grants", verbose_name=_("Member")
    )
    version = models.ForeignKey(
        RuleVersion, models.PROTECT, related_name="grants", verbose_name=_("Rule version")
    )
    action = models.CharField(_("Action"), max_length=40)
    key = models.CharField(_("Fact"), max_length=100)
    reference = models.CharField(_("Reference"), max_length=80)
    amount = models.DecimalField(
        _("Yuan paid"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    points = models.PositiveIntegerField(_("Points promised"))
    # how rules of more than one kind made them (points/making.py); nothing: as the version says
    made = models.JSONField(null=True, editable=False)
    taken_back = models.PositiveIntegerField(_("Of them taken back"), default=0)
    claws = models.PositiveIntegerField(_("Times taken back after arrival"), default=0)
    status = models.CharField(_("Status"), max_length=7, choices=Status, default=Status.PENDING)
    on = models.DateField(_("Shop day"))
    promised_at = models.DateTimeField(_("Promised"))
    confirmed_at = models.DateTimeField(_("Waiting since"), null=True, blank=True)
    matures_at = models.DateTimeField(_("Arrives"), null=True, blank=True)
    matured_at = models.DateTimeField(_("Arrived"), null=True, blank=True)
    matured_points = models.PositiveIntegerField(_("Points that arrived"), default=0)
    entry_seq = models.PositiveIntegerField(_("Entry no."), null=True, blank=True)

    class Meta:
        verbose_name = _("Points on the way")
        verbose_name_plural = _("Points on the way")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="points_grant_fact", fields=["account", "key"]),
            models.CheckConstraint(
                name="points_grant_never_more", condition=Q(taken_back__lte=F("points"))
            ),
            models.CheckConstraint(
                name="points_grant_arrived_within", condition=Q(matured_points__lte=F("points"))
            ),
        ]
        indexes = [
            models.Index(name="points_grant_due", fields=["status", "matures_at"]),
            models.Index(name="points_grant_status", fields=["status"]),
            models.Index(name="points_grant_reference", fields=["reference"]),
        ]

    def __str__(self):
        return _("%(points)s points for %(reference)s") % {
            "points": self.points,
            "reference": self.reference,
        }

    @property
    def left(self) -> int:
        """Return the points not taken back."""
        return self.points - self.taken_back


class TakeBack(AppendOnly):
    """One refund's share and what it took: the answer a repeat of the same key gets."""

    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="take_backs", verbose_name=_("Member")
    )
    key = models.CharField(_("Fact"), max_length=100)
    reference = models.CharField(_("Reference"), max_length=80)
    share = models.CharField(_("Share refunded so far"), max_length=80)
    pending = models.PositiveIntegerField(_("Taken from points on the way"))
    points = models.PositiveIntegerField(_("Taken from available points"))
    debt = models.PositiveIntegerField(_("Became owed"))
    created_at = models.DateTimeField(_("Time"))

    class Meta:
        verbose_name = _("Points taken back")
        verbose_name_plural = _("Points taken back")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="points_take_back_fact", fields=["account", "key"])
        ]
        indexes = [models.Index(name="points_take_back_reference", fields=["reference"])]

    def __str__(self):
        return self.reference
