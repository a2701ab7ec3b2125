"""How many pieces are left, and why."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.sku import Sku
from mall.core import clock
from mall.core.append_only import AppendOnly


class Stock(models.Model):
    """How many pieces of a SKU lie on the shelf. Written by catalog/stock.py only.

    In its own table and without a foreign-key constraint: inserting an order line would take a
    shared lock on the row that the stock update wants exclusively, and deadlock (docs/ledger.md).
    """

    sku = models.OneToOneField(
        Sku,
        on_delete=models.PROTECT,
        primary_key=True,
        db_constraint=False,
        related_name="stock",
        verbose_name=_("SKU"),
    )
    quantity = models.IntegerField(_("quantity"), default=0)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_not_negative")
        ]

    def __str__(self):
        return f"{self.sku_id}: {self.quantity}"


class StockMovement(AppendOnly):
    """Why a SKU's quantity changed otherwise than by a sale; the sum of this log less the pieces in
    order lines is the stock (catalog/sales.py).
    """

    class Direction(models.TextChoices):
        TAKE = "take", _("Taken by an order")
        PUT_BACK = "put_back", _("Put back")
        RECEIVE = "receive", _("Received or corrected")

    sku = models.ForeignKey(
        Sku,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="movements",
        verbose_name=_("SKU"),
    )
    direction = models.CharField(_("direction"), max_length=8, choices=Direction.choices)
    delta = models.IntegerField(_("change"))
    reference = models.CharField(_("reference"), max_length=80)
    actor = models.CharField(_("by"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["sku", "id"], name="movement_of_sku"),
            models.Index(fields=["direction"], name="movement_direction"),
            models.Index(
                fields=["direction", "created_at", "sku", "delta"], name="movement_by_day"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reference", "sku", "direction"], name="movement_once"),
            models.CheckConstraint(
                condition=(Q(direction="take") & Q(delta__lt=0))
                | (Q(direction="put_back") & Q(delta__gt=0))
                | (Q(direction="receive") & ~Q(delta=0)),
                name="movement_sign",
            ),
        ]

    def __str__(self):
        return f"{self.reference}: {self.delta:+d}"
