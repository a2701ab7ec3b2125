"""Flash redemption: sessions, what they offer, who got some, and who wants to be reminded."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_QUANTITY, PRICE_MAX_POINTS
from catalog.models.bucket import BUCKETS_MOST, POOL_BUCKETS
from mall.core import clock
from mall.core.money import ZERO
from orders.models.order import Order

STOCK_MOST = 1_000_000
BUCKETS = 16  # measured best on two cores (docs/ledger.md)
LONGEST = timedelta(days=7)


class FlashSessionQuerySet(models.QuerySet):
    def announced(self):
        """Sessions that members may see: opened and not called off."""
        return self.filter(opened_at__isnull=False, cancelled_at__isnull=True)

    def current(self, as_of):
        """Announced sessions that are not over, the soonest first."""
        return self.announced().filter(ends_at__gt=as_of).order_by("starts_at", "pk")

    def to_settle(self, as_of):
        """Sessions that are over and have not returned what is left; where lots are drawn, once
        every winner has an order.
        """
        over = self.announced().filter(ends_at__lte=as_of, settled_at__isnull=True)
        return over.filter(Q(by_lot=False) | Q(lottery__finished_at__isnull=False))


class FlashSession(models.Model):
    """A window in which a few goods go for a special price, from a stock of their own.

    Only what happened is stored (opened, cancelled, settled); where it stands follows from the
    window.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Coming up")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")
        CANCELLED = "cancelled", _("Called off")

    name = models.CharField(_("name"), max_length=60)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    by_lot = models.BooleanField(
        _("drawn by lot"),
        default=False,
        db_default=False,
        help_text=_(
            "Members register while it runs, with their points held; lots are drawn at the end."
        ),
    )
    opened_at = models.DateTimeField(_("announced at"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("called off at"), null=True, blank=True, editable=False)
    # read by members; both languages (translation.py)
    cancellation_reason = models.CharField(
        _("why it was called off"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    settled_at = models.DateTimeField(
        _("leftovers returned at"), null=True, blank=True, editable=False
    )

    objects = FlashSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("flash session")
        verbose_name_plural = _("flash sessions")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="flash_session_window")]
        constraints = [
            models.CheckConstraint(
                name="flash_session_forward", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]
        permissions = [("run_flashsession", _("Can open and call off flash sessions"))]

    def __str__(self):
        return self.name or f"#{self.pk}"

    def get_absolute_url(self):
        return reverse("orders:flash")

    def clean(self):
        """Refuse a window that runs backwards or is longer than a flash."""
        if not (self.starts_at and self.ends_at):
            return
        if self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("The session must end after it starts.")})
        if self.ends_at - self.starts_at > LONGEST:
            raise ValidationError({"ends_at": _("A flash session lasts a week at most.")})

    def status_at(self, as_of, minutes_early=0) -> str:
        """Return where the session stands at an instant, for whoever is let in so many minutes
        before it begins.
        """
        if self.cancelled_at:
            return self.Status.CANCELLED
        if not self.opened_at:
            return self.Status.DRAFT
        if as_of < self.opens_at(minutes_early):
            return self.Status.SCHEDULED
        return self.Status.RUNNING if as_of < self.ends_at else self.Status.ENDED

    def opens_at(self, minutes_early=0):
        """Return when it opens for whoever is let in so many minutes before it begins; where lots
        are drawn nobody gains by being first, and all begin together.
        """
        return self.starts_at - timedelta(minutes=0 if self.by_lot else minutes_early)

    @property
    def status(self) -> str:
        """Where the session stands now."""
        return self.status_at(clock.now())


class FlashItem(models.Model):
    """One SKU in a session: its price there, the pieces set aside for it, and how many one person
    may have.
    """

    session = models.ForeignKey(
        FlashSession, models.CASCADE, related_name="items", verbose_name=_("session")
    )
    sku = models.ForeignKey("catalog.Sku", models.PROTECT, related_name="+", verbose_name=_("SKU"))
    points_price = models.PositiveIntegerField(
        _("points each"), validators=[MinValueValidator(1), MaxValueValidator(PRICE_MAX_POINTS)]
    )
    cash_price = models.DecimalField(
        _("yuan each"),
        max_digits=12,
        decimal_places=2,
        default=ZERO,
        validators=[MinValueValidator(0)],
        help_text=_("0 = points only"),
    )
    stock = models.PositiveIntegerField(
        _("pieces"), validators=[MinValueValidator(1), MaxValueValidator(STOCK_MOST)]
    )
    limit_per_person = models.PositiveSmallIntegerField(
        _("limit per person"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)],
    )
    buckets = models.PositiveSmallIntegerField(
        _("buckets"), default=BUCKETS, validators=POOL_BUCKETS, editable=False
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("flash item")
        verbose_name_plural = _("flash items")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "sku"], name="flash_item_once"),
            models.CheckConstraint(
                name="flash_item_price_sane",
                condition=Q(
                    points_price__gte=1, points_price__lte=PRICE_MAX_POINTS, cash_price__gte=0
                ),
            ),
            models.CheckConstraint(
                name="flash_item_counts_sane",
                condition=Q(stock__gte=1, limit_per_person__gte=1, buckets__gte=1),
            ),
            models.CheckConstraint(
                name="flash_item_buckets_few", condition=Q(buckets__lte=BUCKETS_MOST)
            ),
        ]

    def __str__(self):
        return str(self.sku)

    def get_absolute_url(self):
        return reverse("orders:flash_item", args=[self.pk])

    @property
    def reference(self) -> str:
        """The name under which the shelf's movements know the pieces of this item."""
        return f"flash:{self.pk}"


class FlashClaim(models.Model):
    """Who got how many pieces of an item, by which order. Written in orders/flash/ only.

    A claim stays live until its order is cancelled; limits per person count the live ones.
    """

    order = models.OneToOneField(
        Order, models.PROTECT, primary_key=True, related_name="flash_claim", verbose_name=_("order")
    )
    # No constraint: inserting a child would share the lock of a row that thousands read at this
    # moment.
    item = models.ForeignKey(
        FlashItem,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="claims",
        verbose_name=_("flash item"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    is_live = models.BooleanField(_("live"), default=True)

    class Meta:
        verbose_name = _("flash claim")
        verbose_name_plural = _("flash claims")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["item", "user", "is_live", "quantity"], name="flash_claim_of_member"
            )
        ]
        constraints = [
            models.CheckConstraint(name="flash_claim_of_something", condition=Q(quantity__gte=1))
        ]

    def __str__(self):
        return f"{self.order_id}: {self.quantity}"


class FlashReminder(models.Model):
    """A member who wants to be told shortly before a session starts."""

    session = models.ForeignKey(
        FlashSession, models.CASCADE, related_name="reminders", verbose_name=_("session")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_constraint=False,
        related_name="+",
        verbose_name=_("member"),
    )
    created_at = models.DateTimeField(_("asked at"), default=clock.now)
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        verbose_name = _("flash reminder")
        verbose_name_plural = _("flash reminders")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="flash_reminder_once")
        ]
        indexes = [models.Index(fields=["told_at", "session"], name="flash_reminder_due")]

    def __str__(self):
        return f"{self.session_id}: {self.user_id}"
