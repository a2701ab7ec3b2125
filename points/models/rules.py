"""What an action is worth: rules with their immutable versions."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core.append_only import AppendOnly
from mall.core.kept import KeptRow
from mall.core.temporal import Temporal
from points.models.budgets import Budget
from points.models.tiers import LEVELS, PERCENT_MAX, PLAIN_PERCENT

# of rules that pay nothing of their own and multiply what others pay
MULTIPLIER = "multiplier"
ACTION = r"^(event:)?[a-z0-9][a-z0-9_.-]*$"


class Rule(KeptRow, Temporal):
    """What an action is worth. The numbers stand in immutable versions; here stand name, status and
    window, as they are and as they were.
    """

    REMEMBERED = ("status", "priority", "starts_at", "ends_at")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        ACTIVE = "active", pgettext_lazy("rule", "Active")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    action = models.CharField(
        _("Action"),
        max_length=40,
        db_index=True,
        validators=[
            RegexValidator(
                ACTION,
                _(
                    "Small letters, digits and - or _; event: in front of what another system "
                    "reports."
                ),
            )
        ],
        help_text=_(
            "The fact the shop saw: register, login, checkin … or event:name for what another "
            "system reports."
        ),
    )
    name = models.CharField(_("Name"), max_length=80)
    status = models.CharField(_("Status"), max_length=9, choices=Status, default=Status.DRAFT)
    priority = models.PositiveSmallIntegerField(
        _("Priority"), default=100, help_text=_("When two rules fit, the smaller number wins.")
    )
    starts_at = models.DateTimeField(_("From"), null=True, blank=True)
    ends_at = models.DateTimeField(_("Until"), null=True, blank=True)
    budget = models.OneToOneField(
        Budget,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="rule",
        verbose_name=_("Budget"),
    )

    class Meta:
        verbose_name = _("Rule")
        verbose_name_plural = _("Rules")
        ordering = ["priority", "id"]

    def __str__(self):
        return self.name

    def is_open(self, at) -> bool:
        """Whether it pays for what happens at an instant.

        A scheduled rule becomes active by its window alone, so no job has to wake up on time;
        without a beginning it waits.
        """
        is_on = self.status == self.Status.ACTIVE or (
            self.status == self.Status.SCHEDULED and self.starts_at is not None
        )
        has_begun = self.starts_at is None or self.starts_at <= at
        return is_on and has_begun and (self.ends_at is None or at < self.ends_at)


class RuleVersion(AppendOnly, KeptRow):
    """The numbers of a rule at one time: entries name it, and a changed rule never pays
    backwards.
    """

    class Value(models.TextChoices):
        FIXED = "fixed", _("Fixed")
        PER_YUAN = "per_yuan", _("Per yuan")
        TABLE = "table", _("Table by step")
        STEPS = "steps", _("At certain steps")
        GIVEN = "given", _("What the fact itself is worth")
        PERCENT = "percent", _("Multiplies what others pay")

    class Validity(models.TextChoices):
        STANDARD = "standard", _("End of the month, twelve months on")
        MONTH_END = "month_end", _("End of the month")
        YEAR_END = "year_end", _("End of the year")
        DAYS = "days", _("A number of days")
        NEVER = "never", _("Never expires")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions", verbose_name=_("Rule"))
    number = models.PositiveIntegerField(_("Version"))
    value = models.CharField(_("Value"), max_length=8, choices=Value, default=Value.FIXED)
    points = models.PositiveIntegerField(
        _("Points"),
        default=0,
        help_text=_("Fixed: points each time. Per yuan: points for one yuan."),
    )
    table = models.JSONField(
        _("Table"),
        default=list,
        blank=True,
        help_text=_("Points for step 1, 2, 3 …; later steps earn the last number."),
    )
    validity = models.CharField(
        _("Validity"), max_length=9, choices=Validity, default=Validity.STANDARD
    )
    validity_days = models.PositiveIntegerField(_("Days valid"), default=0)
    per_day = models.PositiveIntegerField(
        _("At most per day"), default=1, validators=[MinValueValidator(1)]
    )
    per_week = models.PositiveIntegerField(
        _("At most per week"), default=7, validators=[MinValueValidator(1)]
    )
    per_month = models.PositiveIntegerField(
        _("At most per month"), default=31, validators=[MinValueValidator(1)]
    )
    per_life = models.PositiveIntegerField(
        _("At most in a lifetime"), default=100_000, validators=[MinValueValidator(1)]
    )
    every_days = models.PositiveSmallIntegerField(
        _("At most once in so many days"),
        default=0,
        help_text=_("0: only the limits above. A birthday pays once in 365 days."),
    )
    matures_after_days = models.PositiveSmallIntegerField(
        _("On the way for so many days"),
        default=0,
        help_text=_("Counted from the receipt of the goods, for what an order earns."),
    )
    weekdays = models.JSONField(
        _("Only on weekdays"),
        default=list,
        blank=True,
        help_text=_("1 is Monday, 7 is Sunday; none chosen means every day."),
    )
    # A release before these columns writes none of them: each has a default of the database, and
    # a JSON column, which can have none, is empty.
    with_tier = models.BooleanField(
        _("Times the member's tier"),
        default=True,
        db_default=True,
        help_text=_("What the tier earns in percent multiplies it, too."),
    )
    percent = models.PositiveSmallIntegerField(
        _("Pays in percent"),
        default=PLAIN_PERCENT,
        db_default=PLAIN_PERCENT,
        help_text=_("200: double."),
    )
    actions = models.JSONField(_("Multiplies"), null=True, blank=True)
    stackable = models.BooleanField(
        _("Together with others"),
        default=False,
        db_default=False,
        help_text=_(
            "Several that may go together multiply each other. One that may not stands alone: "
            "the smaller priority decides."
        ),
    )
    tier_from = models.PositiveSmallIntegerField(_("From tier"), default=1, db_default=1)
    tier_to = models.PositiveSmallIntegerField(_("Up to tier"), default=LEVELS, db_default=LEVELS)
    categories = models.JSONField(_("Only in categories"), null=True, blank=True)
    first_time = models.BooleanField(
        _("Only the first time"),
        default=False,
        db_default=False,
        help_text=_("As long as no rule has paid the member for this action."),
    )
    segment = models.CharField(
        _("Only for the segment"), max_length=40, default="", db_default="", blank=True
    )
    amount_min = models.DecimalField(
        _("From so many yuan"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    created_by = models.CharField(_("By"), max_length=80, default="", blank=True)
    created_at = models.DateTimeField(_("Made"))

    class Meta:
        verbose_name = _("Rule version")
        verbose_name_plural = _("Rule versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="points_rule_version", fields=["rule", "number"]),
            models.CheckConstraint(
                name="points_rule_limits_set",
                condition=Q(per_day__gte=1, per_week__gte=1, per_month__gte=1, per_life__gte=1),
            ),
            models.CheckConstraint(
                name="points_rule_conditions_known",
                condition=Q(
                    percent__gte=1,
                    percent__lte=PERCENT_MAX,
                    tier_from__gte=1,
                    tier_from__lte=F("tier_to"),
                    tier_to__lte=LEVELS,
                ),
            ),
        ]

    def __str__(self):
        return f"{self.rule.code} v{self.number}"

    @property
    def every_step(self) -> list[int]:
        """Return the points of step 1, 2, 3 …; nothing where only certain steps earn."""
        return [] if self.value == self.Value.STEPS else self.table

    @property
    def certain_steps(self) -> list[dict]:
        """Return the steps that earn, with their points, where only certain ones do."""
        pairs = self.table if self.value == self.Value.STEPS else []
        return [{"step": step, "points": points} for step, points in pairs]

    @property
    def limits(self):
        """Return the limits per day, week, month and life."""
        return self.per_day, self.per_week, self.per_month, self.per_life

    @property
    def is_multiplied(self) -> bool:
        """Whether tiers, and multipliers that name no action, multiply it: never what a fact itself
        promised.
        """
        return self.with_tier and self.value != self.Value.GIVEN
