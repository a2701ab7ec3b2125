"""Campaigns, and who is in which arm of one."""

import secrets
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core import clock
from mall.core.money import ZERO
from marketing.models.mission import OWN_PAGE
from marketing.models.segment import Segment

MOST_POINTS = 100_000
NO_MULTIPLIER, MOST_MULTIPLIER = 100, 500
MOST_HELD_OUT = 90


class Campaign(models.Model):
    """What the treated members of a segment are given in a window, within a budget, while a random
    share is held out. Its state and numbers are moved by marketing/campaigns/ only.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        RUNNING = "running", pgettext_lazy("campaign", "Running")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    class Goal(models.TextChoices):
        BACK_7 = "back_7", _("Comes back within 7 days")
        BACK_30 = "back_30", _("Comes back within 30 days")
        BUYS_90 = "buys_90", _("Buys within 90 days")
        YUAN_90 = "yuan_90", _("Yuan a member within 90 days")

    class Pause(models.TextChoices):
        OPERATOR = "operator", _("by an operator")
        BUDGET = "budget", _("the budget is used up")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False
    )
    paused_for = models.CharField(
        _("paused because"),
        max_length=8,
        choices=Pause,
        default="",
        blank=True,
        editable=False,
    )
    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="campaigns", verbose_name=_("segment")
    )
    # the segment's, as they were when the campaign was scheduled
    conditions = models.JSONField(_("conditions"), default=dict, editable=False)
    starts_at = models.DateTimeField(pgettext_lazy("time", "from"))
    ends_at = models.DateTimeField(_("until"))
    points = models.PositiveIntegerField(
        _("points"), default=0, validators=[MaxValueValidator(MOST_POINTS)]
    )
    coupon = models.ForeignKey(
        "orders.CouponTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("coupon"),
    )
    earn_percent = models.PositiveSmallIntegerField(
        _("earning in percent"),
        default=NO_MULTIPLIER,
        validators=[MinValueValidator(NO_MULTIPLIER), MaxValueValidator(MOST_MULTIPLIER)],
        help_text=_("What orders earn while it runs: 100 as always, 200 twice as much."),
    )
    title = models.CharField(_("title of the message"), max_length=60, blank=True)
    text = models.CharField(_("text of the message"), max_length=200, blank=True)
    reason = models.CharField(
        _("why members get it"),
        max_length=120,
        blank=True,
        help_text=_("Stands under the message: “Because you have not been here for a while.”"),
    )
    link = models.CharField(
        _("leads to"), max_length=200, blank=True, default="/products/", validators=[OWN_PAGE]
    )
    budget_points = models.PositiveIntegerField(
        _("budget in points"),
        default=0,
        help_text=_("For points and for what is earned besides; at all of it the campaign pauses."),
    )
    budget_yuan = models.DecimalField(
        _("budget in yuan"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        validators=[MinValueValidator(ZERO)],
        help_text=_("For coupons, each counted by the most it can take off."),
    )
    spent_yuan = models.DecimalField(
        _("spent in yuan"), max_digits=12, decimal_places=2, default=ZERO, editable=False
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, in percent"),
        default=20,
        validators=[MaxValueValidator(MOST_HELD_OUT)],
        help_text=_(
            "A random share that gets nothing, to compare with. Without it nobody can say what the "
            "campaign did."
        ),
    )
    goal = models.CharField(
        _("what it is for"),
        max_length=8,
        choices=Goal,
        default=Goal.BACK_30,
        help_text=_("The one figure that decides; chosen before it starts, fixed afterwards."),
    )
    smallest_uplift = models.DecimalField(
        _("smallest difference worth it"),
        max_digits=6,
        decimal_places=1,
        default=Decimal("2.0"),
        validators=[MinValueValidator(Decimal("0.1"))],
        help_text=_("In percentage points; in yuan a member where yuan are what it is for."),
    )
    margin_percent = models.PositiveSmallIntegerField(
        _("margin in percent"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("What stays of a yuan of sales after the goods are paid; 100: sales as such."),
    )
    # The key of the hash that draws the arms, its own: drawing again gives the same, for ever.
    secret = models.CharField(max_length=64, default=secrets.token_hex, editable=False)
    # How far the sweep has looked through the segment, and when it looks again.
    looked_to = models.PositiveBigIntegerField(default=0, editable=False)
    look_at = models.DateTimeField(null=True, editable=False)
    created_by = models.CharField(_("by"), max_length=60, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    # {figure: sums of both arms}, read once, on the day that was fixed before (readings.py)
    readings = models.JSONField(default=dict, editable=False)
    begun_at = models.DateTimeField(_("begun at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status"], name="campaign_status")]
        constraints = [
            models.CheckConstraint(
                name="campaign_status_known",
                condition=Q(status__in=["draft", "scheduled", "running", "paused", "ended"]),
            ),
            models.CheckConstraint(
                name="campaign_window_forward", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="campaign_holdout_share", condition=Q(holdout_percent__lte=MOST_HELD_OUT)
            ),
            # half a fen: SQLite's money is a float
            models.CheckConstraint(
                name="campaign_within_yuan",
                condition=Q(spent_yuan=0)
                | Q(spent_yuan__lt=F("budget_yuan") + models.Value(Decimal("0.005"))),
            ),
        ]

    def __str__(self):
        return self.name or self.code

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:marketing_campaign_change", args=[self.pk])

    @property
    def reference(self) -> str:
        """The fact by which ledger, coupons and inbox know what it gave; also the segment of its
        treated members, where a rule asks.
        """
        return f"campaign:{self.pk}"

    @property
    def rule_code(self) -> str:
        """The code of the rule that multiplies for it."""
        return f"campaign-{self.pk}"

    @property
    def is_multiplying(self) -> bool:
        """Whether orders of treated members earn more."""
        return self.earn_percent > NO_MULTIPLIER

    @property
    def budget_code(self) -> str:
        """The name of its one budget in points: where a rule takes from it, too, the rule's."""
        return f"rule:{self.rule_code}" if self.is_multiplying else self.reference


class CampaignMember(models.Model):
    """A member's arm in a campaign, drawn and written before anything is given. Written by
    marketing/campaigns/ only, under the campaign's row.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Not given")
        HELD_OUT = "held_out", _("Held out")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="members", verbose_name=_("campaign")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        related_name="campaigns",
        verbose_name=_("member"),
    )
    is_treated = models.BooleanField(_("treated"))
    state = models.CharField(_("state"), max_length=8, choices=State)
    on = models.DateField(_("drawn on"))
    assigned_at = models.DateTimeField(_("drawn at"), default=clock.now)
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)
    points = models.PositiveIntegerField(_("points"), default=0)
    yuan = models.DecimalField(_("coupon in yuan"), max_digits=12, decimal_places=2, default=ZERO)
    refusal = models.CharField(_("why not"), max_length=40, blank=True, default="")

    class Meta:
        verbose_name = _("member of a campaign")
        verbose_name_plural = _("members of campaigns")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="one_arm_a_member"),
            models.CheckConstraint(
                name="campaign_member_state_fits",
                condition=Q(is_treated=True, state__in=["waiting", "given", "refused"])
                | Q(is_treated=False, state="held_out", given_at__isnull=True, points=0),
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="campaign_member_due"),
            models.Index(fields=["campaign", "is_treated", "on"], name="campaign_member_arm"),
        ]

    def __str__(self):
        return f"{self.campaign_id}: {self.user_id}"
