"""Products, their pictures and their SKUs."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models.attributes import LONGEST_ATTRIBUTES, validate_attributes
from catalog.models.category import Category
from catalog.models.freight import Carried
from catalog.models.own_code import code_field
from catalog.models.picture import PICTURE_VALIDATORS, picture_url
from catalog.models.shelf_indexes import SHELF_INDEXES
from catalog.models.window import is_within, is_within_sale
from catalog.models.words import DRAWN_FROM, draw_words, undrawn
from mall.core import clock
from mall.core.renditions import StoredPictureField

MAX_QUANTITY = 99  # pieces of one SKU in one order
FEW_PIECES = (1, 9)  # from and to: what needs a delivery soon
MOST_RECEIVED = 1_000_000  # pieces of one delivery or correction
# Which SKUs need a delivery: asked by the admin's list, the start page and the staff API.
LEFT = {
    "none": Q(stock__isnull=True) | Q(stock__quantity=0),
    "few": Q(stock__quantity__range=FEW_PIECES),
}


# Drawn from the offered SKUs by catalog/models/sku.py alone.
DRAWN_COLUMNS = ("choices", "lowest_points", "lowest_cash", "is_yuan_priced", "price_varies")
HIGHEST_TIER = 5
TIERS = [
    (0, _("Everybody")),
    (1, _("Members")),
    *((level, f"V{level}+") for level in range(2, HIGHEST_TIER + 1)),
]  # of members, as points knows them; whoever is not signed in has none


class ProductQuerySet(models.QuerySet):
    def update(self, **changes):
        """Change rows, and draw."""
        if DRAWN_FROM.isdisjoint(changes):
            return super().update(**changes)
        with transaction.atomic():
            ids = list(self.order_by().values_list("pk", flat=True))
            changed = super().update(**changes)
            draw_words(Product.objects.filter(pk__in=ids))
        return changed

    update.alters_data = True

    def bulk_create(self, products, *args, **kwargs):
        """Add rows, and draw."""
        with transaction.atomic():
            created = super().bulk_create(products, *args, **kwargs)
            ids = [product.pk for product in created]
            # MySQL does not tell the ids of several rows.
            draw_words(Product.objects.filter(undrawn() if None in ids else Q(pk__in=ids)))
        return created

    def for_sale(self, as_of=None):
        """Products that are on sale at an instant (default: now)."""
        as_of = as_of or clock.now()
        return self.filter(is_within_sale(as_of), status=Product.Status.ON)


class Product(Carried):
    """Something a member can redeem. Its prices and pieces belong to its SKUs."""

    class Kind(models.TextChoices):
        PHYSICAL = "physical", _("Sent by post")
        VIRTUAL = "virtual", _("Virtual")
        CARD_KEY = "card_key", _("Card key, issued by itself")
        COUPON = "coupon", _("Coupon, given by itself")
        TICKET = "ticket", _("Draw ticket, given by itself")

    class PayMode(models.TextChoices):
        POINTS = "points", _("Points only")
        POINTS_CASH = "points_cash", _("Points + cash")
        CASH_POINTS = "cash_points", _("Cash, points as discount")
        CASH = "cash", _("Cash only")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ON = "on", _("On sale")
        OFF = "off", _("Off sale")

    class Period(models.TextChoices):
        DAY = "day", _("a day")
        WEEK = "week", _("a week")
        MONTH = "month", _("a month")

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="products", verbose_name=_("category")
    )
    code = code_field(_("product code"))
    name = models.CharField(_("name"), max_length=120)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PHYSICAL)
    pay_mode = models.CharField(
        _("paid with"), max_length=12, choices=PayMode.choices, default=PayMode.POINTS
    )
    status = models.CharField(
        _("status"), max_length=6, choices=Status.choices, default=Status.DRAFT
    )
    image = StoredPictureField(
        _("picture"), upload_to="products/%Y/%m/", blank=True, validators=PICTURE_VALIDATORS
    )
    illustration = models.CharField(
        _("illustration"),
        max_length=200,
        blank=True,
        help_text=_("A picture among the static files, used when none is uploaded."),
    )
    tags = models.CharField(
        _("tags"), max_length=120, blank=True, help_text=_("Separated by commas.")
    )
    attributes = models.CharField(
        _("attributes"),
        max_length=LONGEST_ATTRIBUTES,
        blank=True,
        default="",
        db_default="",
        validators=[validate_attributes],
        help_text=_("One line each: name: value."),
    )
    market_price = models.DecimalField(
        _("market price in yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        db_default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Shown struck through where it is higher than the price; 0 = none."),
    )
    limit_per_order = models.PositiveIntegerField(
        _("limit per order"), default=0, help_text=_("0 = no limit")
    )
    limit_per_person = models.PositiveIntegerField(
        _("limit per person"), default=0, help_text=_("0 = no limit")
    )
    limit_per_period = models.PositiveIntegerField(
        _("limit per person and period"),
        default=0,
        db_default=0,
        help_text=_("0 = no limit"),
    )
    limit_period = models.CharField(
        _("period"), max_length=5, choices=Period, default=Period.DAY, db_default="day"
    )
    tier_to_see = models.PositiveSmallIntegerField(
        _("shown to"), choices=TIERS, default=0, db_default=0
    )
    tier_to_redeem = models.PositiveSmallIntegerField(
        _("can be had by"),
        choices=TIERS,
        default=0,
        db_default=0,
        help_text=_("Others who see it find it locked."),
    )
    sale_starts_at = models.DateTimeField(_("on sale from"), null=True, blank=True)
    sale_ends_at = models.DateTimeField(_("on sale until"), null=True, blank=True)
    popularity = models.PositiveIntegerField(_("redeemed in 30 days"), default=0, editable=False)
    sold = models.PositiveIntegerField(_("pieces sold"), default=0, db_default=0, editable=False)
    # What lists filter and sort by: DRAWN_COLUMNS. The database has the defaults too, because the
    # release before this one inserts without them.
    choices = models.PositiveIntegerField(
        _("choices offered"), default=0, db_default=0, editable=False
    )
    lowest_points = models.PositiveIntegerField(
        _("lowest price in points"), default=0, db_default=0, editable=False
    )
    lowest_cash = models.DecimalField(
        _("its price in yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        db_default=0,
        editable=False,
    )
    price_varies = models.BooleanField(
        _("choices differ in price"), default=False, db_default=False, editable=False
    )
    is_yuan_priced = models.BooleanField(
        _("priced in yuan"), default=False, db_default=False, editable=False
    )
    created_at = models.DateTimeField(_("created at"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "category", "id"], name="product_on_shelf"),
            models.Index(fields=["status", "popularity", "id"], name="product_popular"),
            models.Index(fields=["status", "tier_to_redeem"], name="product_tiers"),
            *SHELF_INDEXES,
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["physical", "virtual", "card_key", "coupon", "ticket"]),
                name="product_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(pay_mode__in=["points", "points_cash", "cash_points", "cash"]),
                name="product_pay_mode_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "on", "off"]), name="product_status_known"
            ),
            models.CheckConstraint(
                condition=Q(sale_starts_at__isnull=True)
                | Q(sale_ends_at__isnull=True)
                | Q(sale_ends_at__gt=models.F("sale_starts_at")),
                name="product_sale_window_forward",
            ),
            models.CheckConstraint(
                condition=Q(limit_period__in=["day", "week", "month"]),
                name="product_limit_period_known",
            ),
            models.CheckConstraint(
                condition=Q(tier_to_see__lte=models.F("tier_to_redeem"))
                & Q(tier_to_redeem__lte=HIGHEST_TIER),
                name="product_tiers_rise",
            ),
        ]

    def __str__(self):
        return self.name or f"#{self.pk}"

    def save(self, *args, **kwargs):
        """Save the row, and draw what a search reads; but for what lists sort by: that is its SKUs'
        to say, and may have moved since this row was read.
        """
        self.is_yuan_priced = self.pay_mode not in PRICED_IN_POINTS
        names = kwargs.get("update_fields")
        if names is not None and "pay_mode" in names:
            kwargs["update_fields"] = {*names, "is_yuan_priced"}
        elif names is None and not self._state.adding and not self.get_deferred_fields():
            theirs = {"id", "choices", "lowest_points", "lowest_cash", "price_varies"}
            kwargs["update_fields"] = {f.name for f in self._meta.concrete_fields} - theirs
        names = kwargs.get("update_fields")
        if names is not None and DRAWN_FROM.isdisjoint(names):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, **kwargs)
            draw_words(Product.objects.filter(pk=self.pk))

    def get_absolute_url(self):
        return reverse("catalog:detail", args=[self.pk])

    def clean(self):
        """Refuse a sale that ends before it starts, and goods to be had by who cannot see them."""
        if self.sale_starts_at and self.sale_ends_at and self.sale_ends_at <= self.sale_starts_at:
            raise ValidationError({"sale_ends_at": _("The sale must end after it starts.")})
        if self.tier_to_see > self.tier_to_redeem:
            words = _("Whoever can have it must see it, too.")
            raise ValidationError({"tier_to_redeem": words})

    @property
    def image_url(self) -> str:
        """Where the product's picture is served, or nothing."""
        return picture_url(self.image.name, self.illustration)

    @property
    def is_delivered_at_once(self) -> bool:
        """Whether each piece is handed over as soon as it is paid."""
        return self.kind in DELIVERED_AT_ONCE

    def is_for_sale(self, as_of=None) -> bool:
        """Whether a member may redeem it at an instant (default: now), stock aside."""
        return self.status == self.Status.ON and is_within(
            self.sale_starts_at, self.sale_ends_at, as_of or clock.now()
        )


PRICED_IN_POINTS = (Product.PayMode.POINTS, Product.PayMode.POINTS_CASH)
DELIVERED_AT_ONCE = (Product.Kind.CARD_KEY, Product.Kind.COUPON, Product.Kind.TICKET)


def most_pieces(limit_per_order: int, left: int) -> int:
    """Return how many pieces of a SKU one order may name: its product's limit (0 = none), the
    shop's, and what is left.
    """
    return min(MAX_QUANTITY, limit_per_order or MAX_QUANTITY, left)
