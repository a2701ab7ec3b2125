"""The goods of a refund: which pieces may come back, and which are on the shelf again."""

from catalog import stock
from mall.core import upserts
from orders import delivery
from orders.models import RefundLine


def check_returnable(order, terms) -> None:
    """Refuse to return codes that the member has looked at, and coupons that were used. Raises:
    catalog.errors.KeyAlreadySeen, CouponGoodsUsed.
    """
    delivery.check_returnable(order, _delivered_at_once(terms))


def put_back(asked, lines, terms, *, reference: str, actor: str) -> None:
    """Note which pieces are on the shelf again, and put them there."""
    at_once = _delivered_at_once(terms)
    free = (
        delivery.take_back(asked.order, at_once, actor=actor, reference=reference, seen_too=True)
        if at_once
        else {}
    )
    rows = {row.line_id: row for row in lines}
    made_up = [
        RefundLine(request=asked, line=part.line, quantity=0)
        for part in terms.lines
        if part.line.pk not in rows
    ]
    upserts.insert(made_up, by=("request_id", "line_id"))
    rows |= {row.line_id: row for row in made_up}
    for part in terms.lines:
        row = rows[part.line.pk]
        row.points, row.cash = part.points, part.cash
        row.restocked = (
            free[part.line.pk]
            if part.line.pk in at_once
            else part.quantity
            if asked.restock
            else part.unsent
        )
    RefundLine.objects.bulk_update(rows.values(), ["points", "cash", "restocked"])
    stock.put_back(
        [
            (part.line.sku_id, rows[part.line.pk].restocked)
            for part in terms.lines
            if rows[part.line.pk].restocked
        ],
        reference=reference,
    )


def _delivered_at_once(terms) -> dict[int, int]:
    """Return the pieces of each line of card keys or coupons."""
    return {
        part.line.pk: part.quantity
        for part in terms.lines
        if part.quantity and part.line.product.is_delivered_at_once
    }
