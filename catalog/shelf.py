"""The shelf as a checkout sees it: SKUs with their products and the pieces left, in one statement.

Written out because every redemption asks for it and the ORM takes ten times as long to ask.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from catalog import sold_out
from catalog.errors import OutOfStock
from catalog.models import Product, ScheduledPrice, Sku, Stock
from mall.core import clock, rows


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU, with its product at hand, and how many pieces were left a moment ago."""

    sku: Sku
    left: int


def offers(sku_ids, as_of: datetime | None = None) -> dict[int, Offer]:
    """Return what is offered of these SKUs, by id, at the prices of an instant (default: now); what
    is not offered, or only drafted, is missing.
    """
    at = connection.ops.adapt_datetimefield_value(as_of or clock.now())
    sql = (
        f"SELECT {rows.columns('s', Sku)}, {rows.columns('p', Product)}, "
        f"k.quantity, t.points_price, t.cash_price "
        f"FROM {rows.table(Sku)} s JOIN {rows.table(Product)} p ON p.id = s.product_id "
        f"LEFT JOIN {rows.table(Stock)} k ON k.sku_id = s.id "
        f"LEFT JOIN {rows.table(ScheduledPrice)} t ON t.sku_id = s.id "
        f"AND t.starts_at <= %s AND (t.ends_at IS NULL OR t.ends_at > %s) "
        f"WHERE s.id IN ({rows.marks(sku_ids)}) AND s.is_active AND p.status <> %s"
    )
    found, width = {}, len(Sku._meta.concrete_fields)
    for row in rows.fetch(sql, [at, at, *sku_ids, Product.Status.DRAFT.value]):
        sku = rows.read(Sku, row)
        sku.product = rows.read(Product, row[width:])
        left, points, cash = row[-3:]
        if points is not None:  # a scheduled price
            sku.points_price = points
            sku.cash_price = rows.as_read(ScheduledPrice, "cash_price", cash)
        found[sku.pk] = Offer(sku, left or 0)
    return found


def stocked(product_ids) -> set[int]:
    """Return which of these products have a piece of an offered SKU left right now."""
    found = rows.fetch(
        f"SELECT DISTINCT s.product_id FROM {rows.table(Stock)} k "
        f"JOIN {rows.table(Sku)} s ON s.id = k.sku_id "
        f"WHERE s.product_id IN ({rows.marks(product_ids)}) AND s.is_active AND k.quantity > 0",
        product_ids,
    )
    return {product_id for (product_id,) in found}


def check_left(lines, *, since: float) -> None:
    """Refuse what is sold out already, before anything is written for it, and remember it for a
    moment.

    ``lines`` have ``sku``, ``quantity`` and ``left``, read after ``since`` (of
    ``time.monotonic``). Only the refusal is final: who passes may
    still find the last piece taken (catalog/stock.py decides).
    Raises: OutOfStock (numbers sku, wanted, left).
    """
    for line in sorted(lines, key=lambda line: line.sku.pk):
        if line.left is not None and line.left < line.quantity:
            sold_out.remember(line.sku.pk, line.left, since=since)
            raise OutOfStock(sku=line.sku.pk, wanted=line.quantity, left=line.left)
