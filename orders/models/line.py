"""One line of an order: a SKU with names and prices as they were, and what became of its pieces."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from mall.core.money import ZERO


def adds_up(expected):
    """Return the condition that ``cash`` is what it should be; to half a fen, because SQLite
    compares decimals as floats.
    """
    half_a_fen = Value(Decimal("0.005"))
    return Q(cash__gt=expected - half_a_fen) & Q(cash__lt=expected + half_a_fen)


def in_language(names: dict) -> str:
    """Return the reader's word of a name kept in every language."""
    if not names:
        return ""
    return (
        names.get(get_language() or "")
        or names.get(settings.LANGUAGE_CODE)
        or next(iter(names.values()), "")
    )


class OrderLine(models.Model):
    """One SKU of an order, with names and prices as they were: later edits of the product change
    nothing here.
    """

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="lines", verbose_name=_("order")
    )
    # No constraint: rows of the catalog are updated while orders are placed.
    sku = models.ForeignKey(
        "catalog.Sku", models.PROTECT, db_constraint=False, related_name="+", verbose_name=_("SKU")
    )
    product = models.ForeignKey(
        "catalog.Product",
        models.PROTECT,
        db_constraint=False,
        related_name="+",
        verbose_name=_("product"),
    )
    names = models.JSONField(
        _("names"), help_text=_("Product and variant in every language, as they were.")
    )
    image = models.CharField(_("picture"), max_length=300, blank=True, default="")
    pay_mode = models.CharField(_("pay mode"), max_length=12)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    unit_points = models.PositiveBigIntegerField(_("points each"))
    unit_cash = models.DecimalField(_("yuan each"), max_digits=12, decimal_places=2)
    points = models.PositiveBigIntegerField(
        _("points"), help_text=_("Points this line takes, its share of the discount included.")
    )
    cash = models.DecimalField(
        _("cash"),
        max_digits=12,
        decimal_places=2,
        help_text=_("Yuan paid for this line after coupon and discount."),
    )
    discount = models.DecimalField(_("discount"), max_digits=12, decimal_places=2, default=ZERO)
    coupon_discount = models.DecimalField(
        _("taken off by the coupon"), max_digits=12, decimal_places=2, default=ZERO
    )
    points_for_discount = models.PositiveBigIntegerField(_("points used as discount"), default=0)
    shipped_quantity = models.PositiveSmallIntegerField(_("pieces sent"), default=0)
    refunded_quantity = models.PositiveSmallIntegerField(_("pieces refunded"), default=0)
    withheld_quantity = models.PositiveSmallIntegerField(
        _("pieces refunded before they were sent"), default=0
    )
    refunded_points = models.PositiveBigIntegerField(_("points refunded"), default=0)
    refunded_cash = models.DecimalField(
        _("cash refunded"), max_digits=12, decimal_places=2, default=ZERO
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="order_line_sku_once"),
            models.CheckConstraint(
                name="order_line_quantity_1_to_99", condition=Q(quantity__gte=1, quantity__lte=99)
            ),
            models.CheckConstraint(
                name="order_line_refund_is_part",
                condition=Q(
                    refunded_quantity__lte=F("quantity"),
                    refunded_points__lte=F("points"),
                    refunded_cash__gte=0,
                )
                & Q(refunded_cash__lt=F("cash") + Value(Decimal("0.005"))),
            ),
            models.CheckConstraint(
                name="order_line_pieces_once",
                condition=Q(withheld_quantity__lte=F("refunded_quantity"))
                & Q(shipped_quantity__lte=F("quantity") - F("withheld_quantity")),
            ),
            models.CheckConstraint(
                name="order_line_amounts_not_negative",
                condition=Q(cash__gte=0, discount__gte=0, coupon_discount__gte=0),
            ),
            models.CheckConstraint(
                name="order_line_cash_adds_up",
                condition=adds_up(
                    F("unit_cash") * F("quantity") - F("coupon_discount") - F("discount")
                ),
            ),
        ]

    def __str__(self):
        return f"{self.full_name} × {self.quantity}"

    @property
    def waiting_quantity(self) -> int:
        """Pieces that wait to be sent."""
        return self.quantity - self.shipped_quantity - self.withheld_quantity

    @property
    def kept_quantity(self) -> int:
        """Pieces that were not refunded."""
        return self.quantity - self.refunded_quantity

    @property
    def product_name(self) -> str:
        return self._in_language("product")

    @property
    def sku_name(self) -> str:
        return self._in_language("sku")

    @property
    def full_name(self) -> str:
        """The product's name, with the variant's where it has one."""
        return f"{self.product_name} {self.sku_name}".strip()

    def _in_language(self, part):
        return in_language(self.names.get(part, {}))
