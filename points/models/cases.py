"""Risk: the numbers an operator may change, and the cases a person decides."""

import copy

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core.kept import KeptRow, kept
from mall.core.versions import version_of
from points.models.books import PointAccount


class PointsPolicy(KeptRow):
    """What an operator may change about the guards of the points; one row, defaults when it is
    missing.
    """

    earned_per_day_max = models.PositiveIntegerField(
        _("points earned in a day before earning is paused"),
        default=1_000,
        validators=[MinValueValidator(1)],
        help_text=_("Points by rules; an operator's corrections and returned points do not count."),
    )
    adjust_alone_max = models.PositiveIntegerField(
        _("points one person may adjust per member and day"),
        default=5_000,
        help_text=_("Above that a second person approves."),
    )
    adjust_alone_day_max = models.PositiveIntegerField(
        _("points one person may adjust per day over all members"),
        null=True,
        blank=True,
        help_text=_(
            "Up and down together; above it a second person approves. Empty: no such limit."
        ),
    )

    class Meta:
        verbose_name = _("points policy")
        verbose_name_plural = _("points policy")
        constraints = [
            models.CheckConstraint(
                name="points_policy_positive", condition=Q(earned_per_day_max__gte=1)
            )
        ]

    def __str__(self):
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls):
        """Return the policy in force, a copy of one's own."""
        return copy.copy(_policy())


@kept
def _policy() -> PointsPolicy:
    return PointsPolicy.objects.first() or PointsPolicy()


class RiskCase(models.Model):
    """An account that was paused, or only stood out (scope none), and waits for a person, with what
    was seen when it happened.
    """

    class Kind(models.TextChoices):
        EARNED = "earned", _("Earned a lot in one day")
        DRIFT = "drift", _("The books do not close")
        MANUAL = "manual", _("Paused by a person")
        NETWORK = "network", _("Many accounts on one network")
        DEVICE = "device", _("Many accounts on one device")
        REFUNDS = "refunds", _("Many orders were refunded")

    class Scope(models.TextChoices):
        EARN = "earn", _("Earning is paused")
        SPEND = "spend", _("Spending is paused")
        ALL = "all", _("Earning and spending are paused")
        NONE = "none", _("Nothing is paused")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RELEASED = "released", _("Released")
        KEPT = "kept", _("Kept paused")

    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="cases", verbose_name=_("Member")
    )
    kind = models.CharField(_("Kind"), max_length=7, choices=Kind)
    scope = models.CharField(_("Paused"), max_length=5, choices=Scope, default=Scope.EARN)
    key = models.CharField(_("Fact"), max_length=60)
    status = models.CharField(_("Status"), max_length=8, choices=Status, default=Status.OPEN)
    note = models.CharField(_("Reason"), max_length=200, blank=True)
    evidence = models.JSONField(_("Evidence"), default=dict)
    opened_at = models.DateTimeField(pgettext_lazy("case", "Opened"))
    appeal = models.TextField(_("What the member says"), blank=True)
    appealed_at = models.DateTimeField(_("Member wrote"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Decided by"),
    )
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)
    decision_note = models.CharField(_("Reason of the decision"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("Case")
        verbose_name_plural = _("Cases")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(name="points_case_fact", fields=["account", "key"])]
        indexes = [models.Index(name="points_case_status", fields=["status"])]

    def __str__(self):
        return _("Case of member no. %(member)s") % {"member": self.account_id}

    @property
    def version(self) -> str:
        """The mark of what the member says about it; another one once they have written."""
        return version_of(self.appeal)
