"""Orders as they are written: their rows, first facts and postings; of one member, or of many in
as many statements.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import traces
from mall.core import rows
from mall.core.events import tell
from mall.core.languages import names_of
from orders import contacts, events
from orders.models import Order, OrderLine
from orders.numbers import new_number
from orders.quotes import Quote
from points import ledger, postings


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that is not written yet, and what it is made of."""

    order: Order
    quote: Quote


def placed_under(user, key: str) -> rows.Wanted:
    """Return the order a member may have placed under a key, to be looked for."""
    return rows.Wanted(Order, {"user_id": user.pk, "key": key})


def of(
    user, quote, *, key: str, body_hash: str, at: datetime, trace: traces.Trace = traces.UNSEEN
) -> Order:
    """Return a member's order of a quote, with nothing written: paid, where no cash is due, and
    with the address that was quoted for, where it must be sent.

    Raises: AddressNeeded.
    """
    order = rows.fresh(
        Order,
        no=new_number(),
        user_id=user.pk,
        key=key,
        body_hash=body_hash,
        status=Order.Status.PENDING,
        points=quote.points,
        cash=quote.cash,
        goods_cash=quote.goods_cash,
        discount=quote.discount,
        coupon_discount=quote.coupon_discount,
        coupon_names=names_of(quote.coupon.template) if quote.coupon else {},
        freight=quote.freight,
        rate=quote.rate,
        points_for_discount=quote.points_for_discount,
        is_physical=quote.is_physical,
        created_at=at,
        device_mark=trace.device,
        network_mark=trace.network,
    )
    order.user = user
    if quote.cash:
        order.pay_by = at + timedelta(minutes=quote.payment_window_minutes)
    else:
        order.status, order.paid_at = Order.Status.PAID, at
    snapshot = quote.to.required().snapshot() if quote.is_physical else {}
    order.address_sealed = json.dumps(snapshot, ensure_ascii=False) if snapshot else ""
    vars(order).update(contacts.marks_of(Order, snapshot))
    return order


def write(drafts: Iterable[Draft]) -> None:
    """Write orders whose members' accounts are open: facts, points, orders, lines; each kind in one
    statement. Of several orders each has one line.

    Raises: what the ledger refuses.
    """
    drafts = list(drafts)
    orders = [draft.order for draft in drafts]
    # told before the posting, whose UPDATE of the account takes it along
    tell(*(fact for draft in drafts for fact in _facts_of(draft)))
    asked = [_posting_of(order) for order in orders if order.points]
    if asked:
        ledger.post_many(asked)
    if not rows.insert_read_back(orders, by="no"):
        rows.read_ids(orders, by="no")
    names = {line.sku: _names_of(line.sku) for draft in drafts for line in draft.quote.lines}
    lines = [[_line_of(draft.order, line, names) for line in draft.quote.lines] for draft in drafts]
    written = [line for of_order in lines for line in of_order]
    if rows.insert_read_back(written, by="sku" if len(orders) == 1 else "order"):
        for order, own in zip(orders, lines, strict=True):
            order.written_lines = own


def _facts_of(draft):
    order = draft.order
    is_paid = order.status == Order.Status.PAID
    return [events.placed(order), *([events.paid(order)] if is_paid else [])]


def _posting_of(order):
    """Return what takes the points now, or sets them aside until the cash is there."""
    words = {"points": order.points, "reference": order.reference}
    words["fresh"] = True  # the number was made a moment ago
    if order.cash:
        key = f"{order.reference}:hold"
        return postings.to_hold(order.user_id, key=key, expires_at=order.pay_by, **words)
    return postings.to_spend(order.user_id, key=f"{order.reference}:spend", **words)


def _names_of(sku) -> dict:
    return {"product": names_of(sku.product), "sku": names_of(sku)}


def _line_of(order, line, names) -> OrderLine:
    product = line.sku.product
    return rows.fresh(
        OrderLine,
        order_id=order.pk,
        sku_id=line.sku.pk,
        product_id=product.pk,
        names=names[line.sku],
        image=product.image_url,
        pay_mode=product.pay_mode,
        quantity=line.quantity,
        unit_points=line.sku.points_price,
        unit_cash=line.sku.cash_price,
        points=line.points,
        cash=line.cash,
        discount=line.discount,
        points_for_discount=line.points_for_discount,
        coupon_discount=line.coupon_discount,
    )
