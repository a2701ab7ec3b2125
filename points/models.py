"""The books and the rules. Only points/ledger.py writes accounts and entries."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.append_only import AppendOnly
from points.errors import ReadOnlyBooks

SEQ_BITS = 24
SEQ_SPAN = 1 << SEQ_BITS


class BooksQuerySet(models.QuerySet):
    """Rows that are read here and written by the ledger alone."""

    def _refuse(self, *args, **kwargs):
        raise ReadOnlyBooks("Only points.ledger writes the books; a mistake is corrected by a new entry.")

    update = delete = create = bulk_create = bulk_update = get_or_create = update_or_create = _refuse
    _raw_delete = _update = _refuse


class Books(models.Model):
    """A row of the books: no save, no delete."""

    objects = BooksQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args, **kwargs):
        """Refuse: the ledger writes."""
        raise ReadOnlyBooks("Only points.ledger writes the books; a mistake is corrected by a new entry.")

    def delete(self, *args, **kwargs):
        """Refuse: the books are kept."""
        raise ReadOnlyBooks("The books are kept for good.")


class PointAccount(Books):
    """One member's points. The row is the member's one mutex; its lots need no lock of their own."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        REVIEW = "review", _("Under review")
        FROZEN = "frozen", _("Frozen")
        CLOSED = "closed", _("Closed")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="point_account", verbose_name=_("Member")
    )
    available = models.BigIntegerField(_("Available"), default=0)
    held = models.BigIntegerField(_("Reserved"), default=0)
    debt = models.BigIntegerField(_("Owed"), default=0)
    credited = models.BigIntegerField(_("Credited so far"), default=0)
    debited = models.BigIntegerField(_("Debited so far"), default=0)
    lots = models.JSONField(_("Lots"), default=list, help_text=_("Points by their last day."))
    holds = models.JSONField(_("Open reservations"), default=dict)
    lots_total = models.BigIntegerField(_("Sum of lots"), default=0)
    next_expiry = models.DateField(_("Next expiry"), null=True, blank=True, db_index=True)
    seq = models.PositiveIntegerField(_("Entries"), default=0)
    day = models.DateField(_("Last business day"), null=True, blank=True)
    day_counts = models.JSONField(_("Counts for limits"), default=dict)
    head = models.CharField(_("Chain head"), max_length=64, default="", blank=True)
    status = models.CharField(_("Status"), max_length=8, choices=Status, default=Status.ACTIVE)
    status_note = models.CharField(_("Reason of the status"), max_length=200, default="", blank=True)
    opened_at = models.DateTimeField(_("Opened"))

    class Meta(Books.Meta):
        abstract = False
        verbose_name = _("Point account")
        verbose_name_plural = _("Point accounts")
        permissions = [
            ("adjust_points", _("Can adjust a member's points")),
            ("freeze_points", _("Can freeze and release point accounts")),
        ]
        constraints = [
            models.CheckConstraint(
                name="points_account_not_negative",
                condition=Q(available__gte=0, held__gte=0, debt__gte=0, credited__gte=0, debited__gte=0, lots_total__gte=0),
            ),
            models.CheckConstraint(name="points_account_adds_up", condition=Q(available=F("credited") - F("debited"))),
            models.CheckConstraint(name="points_account_lots_add_up", condition=Q(lots_total=F("available"))),
            models.CheckConstraint(name="points_account_debt_or_points", condition=Q(debt=0) | Q(available=0)),
        ]

    def __str__(self):
        return _("Account of member no. %(member)s") % {"member": self.pk}


class LedgerEntry(Books):
    """One posting, append-only. ``id`` = account · 2²⁴ + seq: clustered by member, gap-free, and a fencing token."""

    class Kind(models.TextChoices):
        ACCRUE = "accrue", _("Earned")
        SPEND = "spend", _("Spent")
        HOLD = "hold", _("Reserved")
        CAPTURE = "capture", _("Reserved points used")
        RELEASE = "release", _("Reservation returned")
        REFUND = "refund", _("Returned")
        CLAWBACK = "clawback", _("Taken back")
        EXPIRE = "expire", _("Expired")
        ADJUST = "adjust", _("Adjusted")

    id = models.BigIntegerField(primary_key=True)
    # The account row is locked by whoever inserts here, so the foreign key costs no extra lock.
    account = models.ForeignKey(PointAccount, models.PROTECT, db_index=False, related_name="entries", verbose_name=_("Member"))
    seq = models.PositiveIntegerField(_("No."))
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind)
    delta = models.BigIntegerField(_("Change"))
    held_delta = models.BigIntegerField(_("Change of reserved"), default=0)
    debt_delta = models.BigIntegerField(_("Change of owed"), default=0)
    balance_after = models.BigIntegerField(_("Available after"))
    held_after = models.BigIntegerField(_("Reserved after"))
    debt_after = models.BigIntegerField(_("Owed after"))
    alloc = models.JSONField(_("Lots"), default=dict)
    key = models.CharField(_("Fact"), max_length=100)
    rule = models.CharField(_("Rule"), max_length=40, default="", blank=True)
    rule_version = models.PositiveIntegerField(_("Rule version"), null=True, blank=True)
    reference = models.CharField(_("Reference"), max_length=80, default="", blank=True)
    reverses_seq = models.PositiveIntegerField(_("Goes back to no."), null=True, blank=True)
    actor = models.CharField(_("By"), max_length=80, default="", blank=True)
    description = models.CharField(_("Description"), max_length=200, default="", blank=True)
    note = models.CharField(_("Internal note"), max_length=500, default="", blank=True)
    biz_date = models.DateField(_("Shop day"))
    created_at = models.DateTimeField(_("Time"))
    hash = models.CharField(_("Seal"), max_length=64)

    class Meta(Books.Meta):
        abstract = False
        verbose_name = _("Ledger entry")
        verbose_name_plural = _("Ledger entries")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="points_entry_id", condition=Q(id=F("account_id") * SEQ_SPAN + F("seq"))),
            models.CheckConstraint(name="points_entry_seq_range", condition=Q(seq__gte=1, seq__lt=SEQ_SPAN)),
            models.CheckConstraint(
                name="points_entry_not_negative", condition=Q(balance_after__gte=0, held_after__gte=0, debt_after__gte=0)
            ),
            models.UniqueConstraint(name="points_entry_fact", fields=["account", "key"]),
        ]
        indexes = [models.Index(name="points_entry_books", fields=["biz_date", "kind", "delta"])]

    def __str__(self):
        return _("Entry %(seq)s of member no. %(member)s") % {"seq": self.seq, "member": self.account_id}


class Rule(models.Model):
    """What an action is worth. The numbers stand in immutable versions; here stand name, status and window."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    action = models.SlugField(_("Action"), max_length=40, db_index=True, help_text=_("The fact the shop saw: register, login, checkin …"))
    name = models.CharField(_("Name"), max_length=80)
    status = models.CharField(_("Status"), max_length=9, choices=Status, default=Status.DRAFT)
    priority = models.PositiveSmallIntegerField(_("Priority"), default=100, help_text=_("When two rules fit, the smaller number wins."))
    starts_at = models.DateTimeField(_("From"), null=True, blank=True)
    ends_at = models.DateTimeField(_("Until"), null=True, blank=True)

    class Meta:
        verbose_name = _("Rule")
        verbose_name_plural = _("Rules")
        ordering = ["priority", "id"]

    def __str__(self):
        return self.name


class RuleVersion(AppendOnly):
    """The numbers of a rule at one time: entries name it, and a changed rule never pays backwards."""

    class Value(models.TextChoices):
        FIXED = "fixed", _("Fixed")
        PER_YUAN = "per_yuan", _("Per yuan")
        TABLE = "table", _("Table by step")

    class Validity(models.TextChoices):
        STANDARD = "standard", _("End of the month, twelve months on")
        MONTH_END = "month_end", _("End of the month")
        YEAR_END = "year_end", _("End of the year")
        DAYS = "days", _("A number of days")
        NEVER = "never", _("Never expires")

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions", verbose_name=_("Rule"))
    number = models.PositiveIntegerField(_("Version"))
    value = models.CharField(_("Value"), max_length=8, choices=Value, default=Value.FIXED)
    points = models.PositiveIntegerField(_("Points"), default=0, help_text=_("Fixed: points each time. Per yuan: points for one yuan."))
    table = models.JSONField(
        _("Table"), default=list, blank=True, help_text=_("Points for step 1, 2, 3 …; later steps earn the last number.")
    )
    validity = models.CharField(_("Validity"), max_length=9, choices=Validity, default=Validity.STANDARD)
    validity_days = models.PositiveIntegerField(_("Days valid"), default=0)
    per_day = models.PositiveIntegerField(_("At most per day"), default=1, validators=[MinValueValidator(1)])
    per_week = models.PositiveIntegerField(_("At most per week"), default=7, validators=[MinValueValidator(1)])
    per_month = models.PositiveIntegerField(_("At most per month"), default=31, validators=[MinValueValidator(1)])
    per_life = models.PositiveIntegerField(_("At most in a lifetime"), default=100_000, validators=[MinValueValidator(1)])
    created_by = models.CharField(_("By"), max_length=80, default="", blank=True)
    created_at = models.DateTimeField(_("Made"))

    class Meta:
        verbose_name = _("Rule version")
        verbose_name_plural = _("Rule versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="points_rule_version", fields=["rule", "number"]),
            models.CheckConstraint(
                name="points_rule_limits_set", condition=Q(per_day__gte=1, per_week__gte=1, per_month__gte=1, per_life__gte=1)
            ),
        ]

    def __str__(self):
        return f"{self.rule.code} v{self.number}"

    @property
    def limits(self):
        """Return the limits per day, week, month and life."""
        return self.per_day, self.per_week, self.per_month, self.per_life


class ExchangeRate(models.Model):
    """How many points are worth one yuan, from a moment on."""

    points_per_yuan = models.PositiveIntegerField(_("Points for one yuan"), validators=[MinValueValidator(1)])
    effective_from = models.DateTimeField(_("Effective from"), unique=True)
    note = models.CharField(_("Note"), max_length=200, default="", blank=True)
    created_by = models.CharField(_("By"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("Exchange rate")
        verbose_name_plural = _("Exchange rates")
        ordering = ["-effective_from"]
        constraints = [models.CheckConstraint(name="points_rate_positive", condition=Q(points_per_yuan__gte=1))]

    def __str__(self):
        return _("%(points)s points = ¥1") % {"points": self.points_per_yuan}

    def get_absolute_url(self):
        """Return where an operator reads it."""
        return reverse("admin:points_exchangerate_change", args=[self.pk])
