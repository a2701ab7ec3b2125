"""Products, their pictures and their SKUs."""

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator
from django.db import models, transaction
from django.db.models import Q
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models.category import Category
from catalog.models.freight import Carried
from catalog.models.own_code import code_field
from catalog.models.words import DRAWN_FROM, draw_words, undrawn
from mall.core import clock
from mall.core.renditions import StoredPictureField

PICTURE_TYPES = ["jpg", "jpeg", "png", "webp"]
PICTURE_MAX_BYTES = 1024 * 1024
MAX_QUANTITY = 99  # pieces of one SKU in one order
FEW_PIECES = (1, 9)  # from and to: what needs a delivery soon
MOST_RECEIVED = 1_000_000  # pieces of one delivery or correction
# Which SKUs need a delivery: asked by the admin's list, the start page and the staff API.
LEFT = {
    "none": Q(stock__isnull=True) | Q(stock__quantity=0),
    "few": Q(stock__quantity__range=FEW_PIECES),
}


def validate_picture_size(file):
    """Refuse a picture that would make a list page slow on a phone."""
    if file.size > PICTURE_MAX_BYTES:
        raise ValidationError(_("A picture may have at most 1 MB."), code="too_big")


PICTURE_VALIDATORS = [FileExtensionValidator(PICTURE_TYPES), validate_picture_size]


# Every order of a list walks an index and stops after a page; the last one holds all that a count
# asks, so that none of the rows, heavy with their descriptions, is read to be counted.
SHELF_INDEXES = [
    models.Index(fields=["status", "id"], name="product_newest"),
    models.Index(
        fields=["status", "is_yuan_priced", "lowest_points", "lowest_cash", "-id"],
        name="product_cheapest",
    ),
    models.Index(
        fields=["status", "is_yuan_priced", "-lowest_points", "-lowest_cash", "-id"],
        name="product_dearest",
    ),
    models.Index(fields=["status", "sale_starts_at"], name="product_sale_starts"),
    models.Index(fields=["status", "sale_ends_at"], name="product_sale_ends"),
    models.Index(
        fields=[
            "status",
            "is_yuan_priced",
            "lowest_points",
            "category",
            "pay_mode",
            "choices",
            "sale_starts_at",
            "sale_ends_at",
        ],
        name="product_count",
    ),
]


# Drawn from the offered SKUs by catalog/models/sku.py alone.
DRAWN_COLUMNS = ("choices", "lowest_points", "lowest_cash", "is_yuan_priced")


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

    class PayMode(models.TextChoices):
        POINTS = "points", _("Points only")
        POINTS_CASH = "points_cash", _("Points + cash")
        CASH_POINTS = "cash_points", _("Cash, points as discount")
        CASH = "cash", _("Cash only")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ON = "on", _("On sale")
        OFF = "off", _("Off sale")

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
    limit_per_order = models.PositiveIntegerField(
        _("limit per order"), default=0, help_text=_("0 = no limit")
    )
    limit_per_person = models.PositiveIntegerField(
        _("limit per person"), default=0, help_text=_("0 = no limit")
    )
    sale_starts_at = models.DateTimeField(_("on sale from"), null=True, blank=True)
    sale_ends_at = models.DateTimeField(_("on sale until"), null=True, blank=True)
    popularity = models.PositiveIntegerField(_("redeemed in 30 days"), default=0, editable=False)
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
            *SHELF_INDEXES,
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["physical", "virtual", "card_key"]), name="product_kind_known"
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
            theirs = {"id", "choices", "lowest_points", "lowest_cash"}
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
        """Refuse a sale that ends before it starts."""
        if self.sale_starts_at and self.sale_ends_at and self.sale_ends_at <= self.sale_starts_at:
            raise ValidationError({"sale_ends_at": _("The sale must end after it starts.")})

    @property
    def image_url(self) -> str:
        """Where the product's picture is served, or nothing."""
        return picture_url(self.image.name, self.illustration)

    def is_for_sale(self, as_of=None) -> bool:
        """Whether a member may redeem it at an instant (default: now), stock aside."""
        return self.status == self.Status.ON and is_within(
            self.sale_starts_at, self.sale_ends_at, as_of or clock.now()
        )


PRICED_IN_POINTS = (Product.PayMode.POINTS, Product.PayMode.POINTS_CASH)


def most_pieces(limit_per_order: int, left: int) -> int:
    """Return how many pieces of a SKU one order may name: its product's limit (0 = none), the
    shop's, and what is left.
    """
    return min(MAX_QUANTITY, limit_per_order or MAX_QUANTITY, left)


def is_within_sale(as_of) -> Q:
    """The same as ``is_within`` in SQL, of rows that have both bounds."""
    return (Q(sale_starts_at__isnull=True) | Q(sale_starts_at__lte=as_of)) & (
        Q(sale_ends_at__isnull=True) | Q(sale_ends_at__gt=as_of)
    )


def is_within(starts_at, ends_at, as_of) -> bool:
    """Whether an instant falls into a sale window (the end excluded); None is no bound."""
    return (starts_at is None or starts_at <= as_of) and (ends_at is None or as_of < ends_at)


def picture_url(image: str, illustration: str) -> str:
    """Return the address of an uploaded picture, else of a static illustration, else nothing."""
    if image:
        return Product._meta.get_field("image").storage.url(image)
    return static(illustration) if illustration else ""


class ProductImage(models.Model):
    """One more picture in a product's gallery."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images", verbose_name=_("product")
    )
    image = StoredPictureField(
        _("picture"), upload_to="products/%Y/%m/", blank=True, validators=PICTURE_VALIDATORS
    )
    illustration = models.CharField(_("illustration"), max_length=200, blank=True)
    alt = models.CharField(_("what it shows"), max_length=120, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "id"]

    def __str__(self):
        return self.alt or self.image.name or self.illustration

    @property
    def image_url(self) -> str:
        """Where the picture is served, or nothing."""
        return picture_url(self.image.name, self.illustration)
