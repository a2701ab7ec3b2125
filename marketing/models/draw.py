"""Lucky draws: what can be won, with which odds, and every ticket that was drawn."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.encryption import EncryptedTextField
from mall.core.lots import WEIGHTS_MOST

LONGEST = timedelta(days=366)
MOST_POINTS = 100_000
MOST_STOCK = 1_000_000
MOST_A_DAY = 100
MOST_PITY = 1_000
CLAIM_DAYS = 30  # after the end; then goods that nobody asked for are back on the shelf
# Pools of prizes lie beside those of flash items (catalog/stock_buckets.py), which count from 1.
FIRST_POOL = 2**40


class DrawQuerySet(models.QuerySet):
    def announced(self):
        """Draws that members may see, also those called off since."""
        return self.filter(announced_at__isnull=False)

    def to_settle(self, as_of):
        """Announced draws that are over and have not revealed their seed."""
        return self.announced().filter(ends_at__lte=as_of, settled_at__isnull=True)

    def to_close(self, as_of):
        """Draws of which goods that were won may be asked for no more."""
        asked_by = as_of - timedelta(days=CLAIM_DAYS)
        return self.filter(settled_at__isnull=False, ends_at__lte=asked_by, closed_at__isnull=True)


class Draw(models.Model):
    """A lucky draw: a window, a fixed table of prizes and a seed promised before the first ticket.

    Only what happened is stored (announced, cancelled, settled); where it stands follows from the
    window. What was announced is changed no more: members were promised it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ANNOUNCED = "announced", _("Coming up")
        OPEN = "open", _("Open")
        OVER = "over", _("Over")
        CANCELLED = "cancelled", _("Called off")

    code = models.SlugField(
        _("code"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9-]+\Z")]
    )
    title = models.CharField(_("title"), max_length=60)
    text = models.CharField(_("text"), max_length=200, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    free_per_day = models.PositiveSmallIntegerField(
        _("free tickets a day"),
        default=1,
        validators=[MaxValueValidator(MOST_A_DAY)],
        help_text=_("Each member's, lost at midnight; 0 = none."),
    )
    draws_per_day = models.PositiveSmallIntegerField(
        _("tickets a day"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_A_DAY)],
        help_text=_("How many one member may draw in a day, wherever the tickets come from."),
    )
    price_points = models.PositiveIntegerField(
        _("points for another ticket"),
        default=0,
        validators=[MaxValueValidator(MOST_POINTS)],
        help_text=_("0 = not sold"),
    )
    pity_after = models.PositiveSmallIntegerField(
        _("sure to win after"),
        default=0,
        validators=[MaxValueValidator(MOST_PITY)],
        help_text=_(
            "After so many tickets of a member without a prize the next one wins one of those "
            "marked for it; 0 = never."
        ),
    )
    announced_at = models.DateTimeField(_("announced at"), null=True, blank=True, editable=False)
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
    settled_at = models.DateTimeField(_("seed revealed at"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(
        _("prizes nobody asked for returned at"), null=True, blank=True, editable=False
    )
    # hex; promised by its hash in ``table``, told to nobody before the draw is over
    seed = EncryptedTextField(_("seed"), blank=True, default="", editable=False)
    # the frozen table as its canonical text, and the hash that promises it
    table = models.TextField(_("table"), blank=True, default="", editable=False)
    commitment = models.CharField(
        _("commitment"), max_length=64, blank=True, default="", editable=False
    )
    drawn = models.PositiveIntegerField(_("tickets drawn"), default=0, editable=False)

    objects = DrawQuerySet.as_manager()

    class Meta:
        verbose_name = _("lucky draw")
        verbose_name_plural = _("lucky draws")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["ends_at", "starts_at"], name="draw_window")]
        constraints = [
            models.CheckConstraint(name="draw_forward", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(
                name="draw_committed",
                condition=Q(announced_at__isnull=True) | ~Q(commitment=""),
            ),
        ]
        permissions = [("run_draw", _("Can announce and call off lucky draws"))]

    def __str__(self):
        return self.title or self.code

    def get_absolute_url(self):
        return reverse("marketing:draw", args=[self.code])

    def clean(self):
        """Refuse a window that runs backwards or for longer than a year, and tickets that nobody
        could have.
        """
        wrong = {}
        if self.starts_at and self.ends_at:
            if self.ends_at <= self.starts_at:
                wrong["ends_at"] = _("The end must come after the beginning.")
            elif self.ends_at - self.starts_at > LONGEST:
                wrong["ends_at"] = _("A draw lasts a year at most.")
        if (self.free_per_day or 0) > (self.draws_per_day or 0):
            wrong["free_per_day"] = _("That is more than one member may draw in a day.")
        if wrong:
            raise ValidationError(wrong)

    def status_at(self, as_of) -> str:
        """Return where the draw stands at an instant."""
        if self.cancelled_at:
            return self.Status.CANCELLED
        if not self.announced_at:
            return self.Status.DRAFT
        if as_of < self.starts_at:
            return self.Status.ANNOUNCED
        return self.Status.OPEN if as_of < self.ends_at else self.Status.OVER

    @property
    def status(self) -> str:
        """Where the draw stands now."""
        return self.status_at(clock.now())

    @property
    def claimable_until(self):
        """Until when goods that were won may be asked for."""
        return self.ends_at + timedelta(days=CLAIM_DAYS)

    @property
    def reference(self) -> str:
        """The name under which ledger, shelf and budget know the draw."""
        return f"draw:{self.code}"


class DrawPrize(models.Model):
    """One line of a draw's table: what it is, its weight and how many there are."""

    class Kind(models.TextChoices):
        POINTS = "points", _("Points")
        COUPON = "coupon", _("Coupon")
        GOODS = "goods", _("Goods")
        KEY = "key", _("Card key")
        THANKS = "thanks", _("Thanks for taking part")

    draw = models.ForeignKey(
        Draw, models.CASCADE, related_name="prizes", verbose_name=_("lucky draw")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=60)
    weight = models.PositiveIntegerField(
        _("weight"),
        validators=[MinValueValidator(1), MaxValueValidator(WEIGHTS_MOST)],
        help_text=_("The chance is the weight by the sum of all weights."),
    )
    stock = models.PositiveIntegerField(
        _("how many"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_STOCK)],
        help_text=_("Empty = without a limit."),
    )
    is_pity = models.BooleanField(
        _("for who had no luck"),
        default=False,
        help_text=_("Who is sure to win wins one of these."),
    )
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
    sku = models.ForeignKey(
        "catalog.Sku",
        models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("SKU"),
    )
    drawn = models.PositiveIntegerField(_("drawn"), default=0, editable=False)

    class Meta:
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="prize_kind_known",
                condition=Q(kind__in=["points", "coupon", "goods", "key", "thanks"]),
            ),
            models.CheckConstraint(name="prize_weighs", condition=Q(weight__gte=1)),
            models.CheckConstraint(
                name="prize_within_stock",
                condition=Q(stock__isnull=True) | Q(drawn__lte=F("stock")),
            ),
        ]

    def __str__(self):
        return self.name or f"#{self.position}"

    def clean(self):
        """Refuse a prize that does not say what it is."""
        wrong = {}
        if self.kind == self.Kind.POINTS and not self.points:
            wrong["points"] = _("Say how many points it is.")
        if self.kind == self.Kind.COUPON and self.coupon_id is None:
            wrong["coupon"] = _("Say which coupon it is.")
        if self.is_goods:
            if self.sku_id is None:
                wrong["sku"] = _("Say which goods it is.")
            if not self.stock:
                wrong["stock"] = _("Say how many there are: goods are set aside for it.")
        if self.kind == self.Kind.THANKS:
            if self.stock:
                wrong["stock"] = _("Thanks never run out: leave it empty.")
            if self.is_pity:
                wrong["is_pity"] = _("Thanks are no prize.")
        if wrong:
            raise ValidationError(wrong)

    @property
    def is_goods(self) -> bool:
        """Whether an order brings it."""
        return self.kind in (self.Kind.GOODS, self.Kind.KEY)

    @property
    def left(self) -> int | None:
        """How many are left; None without a limit."""
        return None if self.stock is None else self.stock - self.drawn

    @property
    def pool(self) -> int:
        """The pool its pieces lie in."""
        return FIRST_POOL + self.pk

    @property
    def reference(self) -> str:
        """The name under which the shelf's movements know its pieces."""
        return f"prize:{self.pk}"
