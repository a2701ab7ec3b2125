"""A member's orders as they are listed: two statements a page, whatever was ordered."""

from mall.core import rows
from orders.models import Order, OrderLine

ORDER = (
    "id", "no", "status", "points", "cash", "goods_cash", "coupon_names", "coupon_discount",
    "discount", "points_for_discount", "freight", "rate",
    "created_at", "pay_by", "paid_at", "shipped_at", "completed_at", "cancelled_at",
    "carrier", "tracking_number",
    "refunded_points", "refunded_cash", "refunded_pieces", "refunded_at",
)  # fmt: skip
LINE = (
    "id", "order_id", "sku_id", "product_id", "names", "image", "quantity",
    "unit_points", "unit_cash", "points", "cash", "discount", "coupon_discount",
    "shipped_quantity", "refunded_quantity",
)  # fmt: skip


def orders_of(
    user_id: int,
    *,
    limit: int,
    statuses=(),
    before: int | None = None,
    after: int | None = None,
) -> list[Order]:
    """Return up to ``limit`` of a member's orders with their lines, to be shown and never saved:
    the newest, or those of these ``statuses``; those ``before``
    an id, or the oldest of those ``after`` it, oldest first.
    """
    conditions = {"user_id = %s": [user_id]}
    if statuses:
        conditions[f"status IN ({rows.marks(statuses)})"] = statuses
    orders = rows.look_page(Order, ORDER, conditions, limit=limit, before=before, after=after)
    lines = _lines_of([order.id for order in orders])
    for order in orders:
        order.written_lines = lines.get(order.id, [])
    return orders


def _lines_of(ids) -> dict[int, list[OrderLine]]:
    if not ids:
        return {}
    found: dict[int, list[OrderLine]] = {}
    tail = f"WHERE order_id IN ({rows.marks(ids)}) ORDER BY id"
    for line in rows.look(OrderLine, LINE, tail, ids):
        found.setdefault(line.order_id, []).append(line)
    return found
