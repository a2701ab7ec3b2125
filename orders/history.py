"""A member's orders as they are listed: a page costs the same, whatever was ordered."""

from typing import NamedTuple

from mall.core import rows
from mall.core.bare_rows import Bare
from orders.models import Order, OrderLine

# Whoever writes one of these columns tells a fact of the member in the same transaction: kept
# answers go by it (points/account_state.py).
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
_order, _line = Bare(Order, ORDER), Bare(OrderLine, LINE)


class Listed(NamedTuple):
    """An order and its lines: bare values of the columns ORDER and LINE."""

    pk: int
    order: tuple
    lines: list[tuple]


def page_of(user_id: int, *, limit: int, statuses=(), before=None, after=None) -> list[Listed]:
    """Return what ``orders_of`` does, as bare values, by one statement.

    The page is found by its ids and put in order here: to sort whole rows MariaDB (10.11) would
    write them down twice first, which took three times what reading them does.
    """
    conditions = _conditions(user_id, statuses)
    tail, params = rows.page(conditions, limit=limit, before=before, after=after)
    way, listed = (-1 if after is None else 1), {}
    sql = (
        f"SELECT {_order.of('o')}, {_line.of('l')} "
        f"FROM (SELECT id FROM {rows.table(Order)} {tail}) p "
        f"JOIN {rows.table(Order)} o ON o.id = p.id "
        f"LEFT JOIN {rows.table(OrderLine)} l ON l.order_id = o.id"
    )
    line_id = len(ORDER)
    found = rows.fetch(sql, params)
    for row in sorted(found, key=lambda row: (way * row[0], row[line_id] or 0)):
        order, line = row[:line_id], row[line_id:]
        if order[0] not in listed:
            listed[order[0]] = Listed(order[0], _order.read(order), [])
        if line[0] is not None:
            listed[order[0]].lines.append(_line.read(line))
    return list(listed.values())


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
    conditions = _conditions(user_id, statuses)
    orders = rows.look_page(Order, ORDER, conditions, limit=limit, before=before, after=after)
    lines = _lines_of([order.id for order in orders])
    for order in orders:
        order.written_lines = lines.get(order.id, [])
    return orders


def own(user_id: int, no: str) -> Order | None:
    """Return a member's order by its number; None where it is nobody's or somebody else's."""
    return rows.find(rows.Wanted(Order, {"no": no, "user_id": user_id}))


def _conditions(user_id, statuses) -> dict:
    conditions = {"user_id = %s": [user_id]}
    if statuses:
        conditions[f"status IN ({rows.marks(statuses)})"] = statuses
    return conditions


def _lines_of(ids) -> dict[int, list[OrderLine]]:
    if not ids:
        return {}
    found: dict[int, list[OrderLine]] = {}
    tail = f"WHERE order_id IN ({rows.marks(ids)}) ORDER BY id"
    for line in rows.look(OrderLine, LINE, tail, ids):
        found.setdefault(line.order_id, []).append(line)
    return found
