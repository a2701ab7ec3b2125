"""Rules of risk: what is looked for, from how much on, and what was seen."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.kept import KeptRow
from points.models.books import PointAccount
from points.models.cases import RiskCase

MOST_MINUTES = 60 * 24 * 365


class RiskRule(KeptRow):
    """One bound; an operator says where it lies, and whether it holds something or only notes what
    it would have held. Rows come with migrations.
    """

    class Code(models.TextChoices):
        SIGN_UPS_NETWORK = "sign_ups_network", _("Sign-ups from one network")
        SIGN_UPS_DEVICE = "sign_ups_device", _("Sign-ups on one device")
        ORDERS_NETWORK = "orders_network", _("Members who order from one network")
        ORDERS_DEVICE = "orders_device", _("Members who order on one device")
        REFUND_RATIO = "refund_ratio", _("Orders of a member that were refunded")
        RING_DEVICE = "ring_device", _("Invitations: the same device")
        RING_NETWORK = "ring_network", _("Invitations: the same network")
        RING_ADDRESS = "ring_address", _("Invitations: the same delivery address")
        RING_PAYER = "ring_payer", _("Invitations: paid by the same person")

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        SHADOW = "shadow", _("Only noted: nothing is held")
        ON = "on", _("In force")

    code = models.CharField(_("What is looked for"), max_length=24, choices=Code, unique=True)
    mode = models.CharField(_("Mode"), max_length=6, choices=Mode, default=Mode.ON)
    bound = models.PositiveIntegerField(
        _("From how many on"),
        validators=[MinValueValidator(1)],
        help_text=_(
            "Sign-ups, members or refunded orders; for invitations: other accounts with the same "
            "mark, the inviter's and those of others they invited."
        ),
    )
    window_minutes = models.PositiveIntegerField(
        _("Within so many minutes"),
        default=0,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text=_("Not asked for invitations: all that is remembered is compared."),
    )
    percent = models.PositiveSmallIntegerField(
        _("And from this share on (per cent)"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Of refunded orders only: their share of the member's paid orders."),
    )
    scope = models.CharField(
        _("What its case pauses"),
        max_length=5,
        choices=RiskCase.Scope,
        default=RiskCase.Scope.NONE,
        help_text=_("Invitations pause no account: the reward waits for a person."),
    )

    class Meta:
        verbose_name = _("Risk rule")
        verbose_name_plural = _("Risk rules")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="points_risk_rule_bound", condition=Q(bound__gte=1)),
            models.CheckConstraint(name="points_risk_rule_percent", condition=Q(percent__lte=100)),
        ]

    def __str__(self):
        return str(self.get_code_display())

    @property
    def is_of_referrals(self) -> bool:
        """Whether it compares an invited member with others."""
        return self.code.startswith("ring_")


class RiskSighting(models.Model):
    """Something a rule saw: what it held, or would have held while it only noted. Forgotten with
    the marks it was seen by (accounts/traces.py).
    """

    code = models.CharField(_("Rule"), max_length=24, choices=RiskRule.Code)
    account = models.ForeignKey(
        PointAccount, models.PROTECT, related_name="sightings", verbose_name=_("Member")
    )
    key = models.CharField(_("Fact"), max_length=60)
    is_shadow = models.BooleanField(_("Only noted"))
    count = models.PositiveIntegerField(_("How many"))
    seen = models.JSONField(_("Evidence"), default=dict)
    at = models.DateTimeField(_("Time"), default=clock.now)

    class Meta:
        verbose_name = _("Sighting of a risk rule")
        verbose_name_plural = _("Sightings of risk rules")
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(name="points_sighting_fact", fields=["code", "key"])]
        indexes = [models.Index(name="points_sighting_time", fields=["at"])]

    def __str__(self):
        return f"{self.get_code_display()} · {self.account_id}"
