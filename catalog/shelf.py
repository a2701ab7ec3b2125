"""The shelf as a checkout sees it: SKUs with their products and the pieces left, in one statement.

Written out because every redemption asks for it and the ORM takes ten times as long to ask.
"""

from dataclasses import dataclass

from catalog import sold_out
from catalog.errors import OutOfStock
from catalog.models import Product, Sku, Stock
from mall.core import rows


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU, with its product at hand, and how many pieces were left a moment ago."""

    sku: Sku
    left: int


def offers(sku_ids) -> dict[int, Offer]:
    """Return what is offered of these SKUs, by id; what is not offered, or only drafted, is
    missing.
    """
    sql = (
        f"SELECT {rows.columns('s', Sku)}, {rows.columns('p', Product)}, k.quantity "
        f"FROM {rows.table(Sku)} s JOIN {rows.table(Product)} p ON p.id = s.product_id "
        f"LEFT JOIN {rows.table(Stock)} k ON k.sku_id = s.id "
        f"WHERE s.id IN ({rows.marks(sku_ids)}) AND s.is_active AND p.status <> %s"
    )
    found, width = {}, len(Sku._meta.concrete_fields)
    for row in rows.fetch(sql, [*sku_ids, Product.Status.DRAFT.value]):
        sku = rows.read(Sku, row)
        sku.product = rows.read(Product, row[width:])
        found[sku.pk] = Offer(sku, row[-1] or 0)
    return found


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
