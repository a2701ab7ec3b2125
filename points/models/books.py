"""The books: accounts and entries. Only points/ledger.py writes them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from points.errors import ReadOnlyBooks

SEQ_BITS = 24
SEQ_SPAN = 1 << SEQ_BITS


class BooksQuerySet(models.QuerySet):
    """Rows that are read here and written by the ledger alone."""

    def _refuse(self, *args, **kwargs):
        raise ReadOnlyBooks(
            "Only points.ledger writes the books; a mistake is corrected by a new entry."
        )

    update = delete = create = bulk_create = bulk_update = get_or_create = update_or_create = (
        _refuse
    )
    _raw_delete = _update = _refuse


class Books(models.Model):
    """A row of the books: no save, no delete."""

    objects = BooksQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args, **kwargs):
        """Refuse: the ledger writes."""
        raise ReadOnlyBooks(
            "Only points.ledger writes the books; a mistake is corrected by a new entry."
        )

    def delete(self, *args, **kwargs):
        """Refuse: the books are kept."""
        raise ReadOnlyBooks("The books are kept for good.")


class PointAccount(Books):
    """One member's points. The row is the member's one mutex; its lots need no lock of their
    own.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        REVIEW = "review", _("Under review, earning paused")
        SAVING = "saving", _("Spending paused")
        FROZEN = "frozen", _("Frozen")
        CLOSED = "closed", _("Closed")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        primary_key=True,
        related_name="point_account",
        verbose_name=_("Member"),
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
    status_note = models.CharField(
        _("Reason of the status"), max_length=200, default="", blank=True
    )
    opened_at = models.DateTimeField(_("Opened"))
    # Facts of the member told and heard (points/event_delivery.py). A release that does not know
    # of them leaves them alone.
    told = models.PositiveIntegerField(_("Facts told"), default=0, db_default=0)
    heard = models.PositiveIntegerField(_("Facts heard"), default=0, db_default=0)
    hear_at = models.DateTimeField(_("Next hearing"), null=True, blank=True, db_index=True)
    hear_tries = models.PositiveSmallIntegerField(_("Vain hearings"), default=0, db_default=0)

    class Meta(Books.Meta):
        abstract = False
        verbose_name = _("Point account")
        verbose_name_plural = _("Point accounts")
        permissions = [
            ("adjust_points", _("Can adjust a member's points")),
            ("freeze_points", _("Can freeze and release point accounts")),
        ]
        # few are not active: the back office lists and counts those
        indexes = [models.Index(fields=["status"], name="points_account_status")]
        constraints = [
            models.CheckConstraint(
                name="points_account_not_negative",
                condition=Q(
                    available__gte=0,
                    held__gte=0,
                    debt__gte=0,
                    credited__gte=0,
                    debited__gte=0,
                    lots_total__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="points_account_adds_up", condition=Q(available=F("credited") - F("debited"))
            ),
            models.CheckConstraint(
                name="points_account_lots_add_up", condition=Q(lots_total=F("available"))
            ),
            models.CheckConstraint(
                name="points_account_debt_or_points", condition=Q(debt=0) | Q(available=0)
            ),
        ]

    def __str__(self):
        return _("Account of member no. %(member)s") % {"member": self.pk}


class LedgerEntry(Books):
    """One posting, append-only. ``id`` = account · 2²⁴ + seq: clustered by member, gap-free, and a
    fencing token.
    """

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
    account = models.ForeignKey(
        PointAccount,
        models.PROTECT,
        db_index=False,
        related_name="entries",
        verbose_name=_("Member"),
    )
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

    is_new = False  # True on the object the posting itself made, not on a repeat and not when read

    class Meta(Books.Meta):
        abstract = False
        verbose_name = _("Ledger entry")
        verbose_name_plural = _("Ledger entries")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="points_entry_id", condition=Q(id=F("account_id") * SEQ_SPAN + F("seq"))
            ),
            models.CheckConstraint(
                name="points_entry_seq_range", condition=Q(seq__gte=1, seq__lt=SEQ_SPAN)
            ),
            models.CheckConstraint(
                name="points_entry_not_negative",
                condition=Q(balance_after__gte=0, held_after__gte=0, debt_after__gte=0),
            ),
            models.UniqueConstraint(name="points_entry_fact", fields=["account", "key"]),
        ]
        # What a day's roll-up adds up, and no more: a day is counted from the index alone.
        indexes = [
            models.Index(
                name="points_entry_sums",
                fields=["biz_date", "kind", "delta", "held_delta", "debt_delta"],
            )
        ]

    @property
    def worth(self) -> int:
        """Return the points it was worth to its member: what was credited and what it paid of a
        debt; negative where it took.
        """
        return self.delta - self.debt_delta

    def __str__(self):
        return _("Entry %(seq)s of member no. %(member)s") % {
            "seq": self.seq,
            "member": self.account_id,
        }
