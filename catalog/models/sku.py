"""A product's SKUs, and the columns of the product that lists filter and sort by."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext_lazy as _

from catalog.models.freight import MOST_UNITS
from catalog.models.own_code import code_field
from catalog.models.product import PRICED_IN_POINTS, Product
from mall.core import clock

PRICE_MAX_POINTS = 100_000_000
DRAWN_AT_ONCE = 500


class SkuQuerySet(models.QuerySet):
    """SKUs whose every change draws the lowest price of their products anew."""

    def update(self, **changes):
        """Change rows, and draw."""
        with transaction.atomic():
            ids = self._product_ids()
            if (new := changes.get("product", changes.get("product_id"))) is not None:
                ids.add(getattr(new, "pk", new))
            changed = super().update(**changes)
            draw_lowest_prices(ids)
        return changed

    update.alters_data = True

    def delete(self):
        """Delete rows, and draw."""
        with transaction.atomic():
            ids = self._product_ids()
            deleted = super().delete()
            draw_lowest_prices(ids)
        return deleted

    delete.alters_data = delete.queryset_only = True

    def bulk_create(self, skus, *args, **kwargs):
        """Add rows, and draw."""
        with transaction.atomic():
            created = super().bulk_create(skus, *args, **kwargs)
            draw_lowest_prices({sku.product_id for sku in created})
        return created

    def _product_ids(self):
        return set(self.order_by().values_list("product_id", flat=True))


class Sku(models.Model):
    """One choice of a product (a colour, a size) with its own price and its own pieces.

    What the prices mean depends on the product's pay mode: ``points`` points only; ``points_cash``
    both are due; ``cash_points`` and ``cash`` yuan only (points may lower the first).
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="skus", verbose_name=_("product")
    )
    name = models.CharField(
        _("name"),
        max_length=60,
        blank=True,
        help_text=_("Colour, size, value; empty when there is only one."),
    )
    code = code_field(_("SKU code"))
    points_price = models.PositiveIntegerField(_("price in points"), default=0)
    cash_price = models.DecimalField(
        _("price in yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
    )
    # the release before this one inserts without it
    weight_grams = models.PositiveIntegerField(
        _("weight in grams"),
        blank=True,
        default=0,
        db_default=0,
        validators=[MaxValueValidator(MOST_UNITS)],
        help_text=_("With its packaging, for freight by weight."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = SkuQuerySet.as_manager()

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        ordering = ["position", "id"]
        indexes = [
            models.Index(
                fields=["product", "is_active", "points_price", "cash_price"], name="sku_cheapest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="sku_points_price_bounded",
                condition=Q(points_price__gte=0) & Q(points_price__lte=PRICE_MAX_POINTS),
            ),
            models.CheckConstraint(
                condition=Q(cash_price__gte=0), name="sku_cash_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(points_price__gt=0) | Q(cash_price__gt=0), name="sku_costs_something"
            ),
        ]

    def __str__(self):
        return f"{self.product} · {self.name}" if self.name else str(self.product)

    def save(self, *args, **kwargs):
        """Save the row, and draw."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            draw_lowest_prices([self.product_id])

    def delete(self, *args, **kwargs):
        """Delete the row, and draw."""
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            draw_lowest_prices([self.product_id])
        return deleted

    @property
    def pieces(self) -> int:
        """What is left of it right now; a SKU never received has none."""
        return getattr(getattr(self, "stock", None), "quantity", 0)

    def clean(self):
        """Refuse prices that do not fit the product's pay mode."""
        product = getattr(self, "product", None)
        mismatch = (
            price_mismatch(product.pay_mode, self.points_price, self.cash_price)
            if product
            else None
        )
        if mismatch:
            raise ValidationError(mismatch)


def price_mismatch(pay_mode: str, points, cash) -> dict | None:
    """Return what is wrong with a SKU's prices under a pay mode, by field, or None.

    The database cannot compare two tables in a CHECK, so every door that edits prices asks this.
    """
    wants_points = pay_mode in (Product.PayMode.POINTS, Product.PayMode.POINTS_CASH)
    wants_cash = pay_mode != Product.PayMode.POINTS
    wrong = {}
    if wants_points and not points:
        wrong["points_price"] = _("This pay mode needs a price in points.")
    if not wants_points and points:
        wrong["points_price"] = _("This pay mode has no price in points.")
    if wants_cash and not cash:
        wrong["cash_price"] = _("This pay mode needs a price in yuan.")
    if not wants_cash and cash:
        wrong["cash_price"] = _("This pay mode has no price in yuan.")
    return wrong or None


def draw_lowest_prices(product_ids, as_of=None) -> None:
    """Draw the columns of these products from their SKUs as of an instant (default: now), inside
    the change of these; repeating changes nothing.
    """
    ids = sorted(product_ids)
    for start in range(0, len(ids), DRAWN_AT_ONCE):
        some = Product.objects.filter(pk__in=ids[start : start + DRAWN_AT_ONCE])
        # Two colleagues may each reprice one of two SKUs; the second must see what the first left,
        # and a statement that waited for the row would still read the SKUs as they were before.
        list(some.select_for_update().order_by("pk").values_list("pk"))
        some.update(**lowest_prices(as_of))


def lowest_prices(as_of=None) -> dict:
    """What each column has to be at an instant (default: now), as expressions of a product's
    row.
    """
    offered = priced(Sku.objects.filter(product=OuterRef("pk"), is_active=True), as_of)
    cheapest = offered.order_by("points_now", "cash_now", "id")
    together = offered.order_by().values("product")
    varies = Q(GreaterThan(Max("points_now"), Min("points_now"))) | Q(
        GreaterThan(Max("cash_now"), Min("cash_now"))
    )
    spread = together.annotate(differ=Case(When(varies, then=Value(1)), default=Value(0)))
    priced_in_points = When(pay_mode__in=PRICED_IN_POINTS, then=Value(False))
    return {
        "choices": Coalesce(Subquery(together.annotate(n=Count("pk")).values("n")), 0),
        "lowest_points": Coalesce(Subquery(cheapest.values("points_now")[:1]), 0),
        "lowest_cash": Coalesce(
            Subquery(cheapest.values("cash_now")[:1]),
            Value(0),
            output_field=Product._meta.get_field("lowest_cash"),
        ),
        "price_varies": Case(
            When(Exact(Subquery(spread.values("differ")), 1), then=Value(True)),
            default=Value(False),
        ),
        "is_yuan_priced": Case(priced_in_points, default=Value(True)),
    }


def priced(skus, as_of=None):
    """Return SKUs of a queryset with ``points_now`` and ``cash_now``: a price scheduled for an
    instant (default: now), ``until`` when, else their own.
    """
    as_of = as_of or clock.now()
    starts, ends = "scheduled_prices__starts_at", "scheduled_prices__ends_at"
    running = Q(**{f"{starts}__lte": as_of}) & (
        Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gt": as_of})
    )
    return skus.annotate(running=FilteredRelation("scheduled_prices", condition=running)).annotate(
        points_now=Coalesce("running__points_price", "points_price"),
        cash_now=Coalesce("running__cash_price", "cash_price"),
        until=F("running__ends_at"),
    )
