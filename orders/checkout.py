"""Placing an order: points, order and stock in one transaction, once per one-time key.

Who orders one SKU while another order is being written may be written together with others
(mall/core/lane.py, orders/group.py).

Lock order (docs/ledger.md): the member's account first, the hot stock rows last. Orders
without any points lock the account too: it is the mutex that limits per person are counted under.
"""

import hashlib
import json
import time
from functools import partial

from accounts import traces
from accounts.models import Address
from catalog import shelf, sold_out, stock
from catalog.errors import OutOfStock
from catalog.models import Stock
from mall.core import clock, kept, lane, repeats, rows
from mall.core.money import yuan
from mall.core.transactions import transactional
from orders import drafts, group, lifecycle, pricing
from orders.basket import baskets
from orders.coupons import lifecycle as coupons
from orders.coupons import wallet
from orders.errors import IdempotencyConflict, InvalidKey
from orders.freight import Destination
from orders.models import Order
from points import event_delivery, ledger


def place_order(
    user,
    *,
    lines,
    key: str,
    points_to_use: int = 0,
    coupon: int | str | None = None,
    address: int | Address | None = None,
    expect=None,
    from_basket: bool = False,
    trace: traces.Trace = traces.UNSEEN,
) -> Order:
    """Place an order for ``lines`` (``(sku_id, quantity)``) and return it.

    Points alone are spent at once and the order is paid; with cash to pay, points are held and the
    order waits for the payment window of the checkout policy. ``coupon`` is the id or code of one
    coupon, kept for this order until it is paid or cancelled. ``expect`` is ``{"points", "cash"}``
    as the shopper saw them. Goods to deliver go to ``address`` (an id of the member's own) or the
    default one. ``from_basket``: what is ordered leaves the member's basket with it. ``trace``: the
    marks of the device and network it comes from.

    Idempotent by (user, key): the same request again returns the same order, with ``replayed``
    True.
    Raises: InvalidKey, IdempotencyConflict, InvalidLines, NotForSale, PurchaseLimitReached,
    CouponNotUsable, PointsNotUsable, NotPayable, PriceChanged, AddressNeeded, NotDelivered,
    AddressUnclear, BasketChanged (ordered from the basket in another tab),
    points.errors.InsufficientPoints and AccountFrozen, catalog.errors.OutOfStock.
    """
    wanted = pricing.normalise(lines)
    address_id = address.pk if isinstance(address, Address) else address
    named = wallet.normalise(coupon)
    suspected = sold_out.suspected(wanted)
    is_placed = suspected and repeats.is_key(key) and _is_placed_or_gone(user, key, suspected)
    # Left out when there is none: keys of orders placed before the shop had coupons still match.
    more = {} if named is None else {"coupon": named}
    if from_basket:
        more["from_basket"] = True
    body_hash = fingerprint(
        key,
        expect,
        lines=sorted(wanted),
        points_to_use=points_to_use,
        address=address_id,
        **more,
    )
    if is_placed:
        return replay(user, key, body_hash)
    asked = {
        "key": key,
        "body_hash": body_hash,
        "points_to_use": points_to_use,
        "address_id": address_id,
        "expect": expect,
        "trace": trace,
    }
    alone = partial(_place, user, wanted, coupon=named, from_basket=from_basket, **asked)
    if named is not None or from_basket or not group.may_take(wanted):
        return alone()
    ((sku_id, quantity),) = wanted
    request = group.Request(user, sku_id, quantity, **asked)
    where = group.lane_of(sku_id)
    return lane.serve(where, user.pk, request, alone=alone, together=group.place)


def _is_placed_or_gone(user, key, suspected) -> bool:
    """Say whether the key has placed an order, for who took the last piece may ask again; refuse
    what is missing on the shelf now. One statement, before anything is locked.

    Raises: OutOfStock.
    """
    condition, values = drafts.placed_under(user, key).condition("o")
    left = f"(SELECT k.quantity FROM {rows.table(Stock)} k WHERE k.sku_id = %s)"
    [(placed, *pieces)] = rows.fetch(
        f"SELECT (SELECT o.id FROM {rows.table(Order)} o WHERE {condition})"
        + f", {left}" * len(suspected),
        [*values, *(sku_id for sku_id, _quantity in suspected)],
    )
    if placed is not None:
        return True
    for (sku_id, quantity), found in zip(suspected, pieces, strict=True):
        if (found or 0) < quantity:  # what was never received has no row
            raise OutOfStock(sku=sku_id, wanted=quantity, left=found or 0)
        sold_out.forget(sku_id)
    return False


@transactional
def _place(
    user, wanted, *, key, body_hash, points_to_use, coupon, address_id, expect, from_basket, trace
) -> Order:
    """Place an order in one transaction, or return the one its key placed before."""
    kept.version()  # what is asked of the cache is asked before anything is locked
    # Two tabs may place at once; the second must see the first's order, balance and pieces had.
    account = ledger.open(user.pk, seen=drafts.placed_under(user, key))
    if account.seen is not None:
        return repeated(account.seen, body_hash)
    now, since = clock.now(), time.monotonic()
    to = Destination(user, address_id)
    quote = pricing.quote(
        user, wanted, points_to_use=points_to_use, coupon=coupon, to=to, as_of=now
    )
    quote.check_delivery()
    quote.agree(expect)
    shelf.check_left(quote.lines, since=since)
    if from_basket:
        baskets.take(user.pk, wanted)
    order = write_down(account, user, quote, key=key, body_hash=body_hash, at=now, trace=trace)
    # The hot rows come last: nothing but stock of a higher id is locked after them.
    stock.sell(wanted)
    return order


def fingerprint(key, expect, **body) -> str:
    """Return what tells a repeat from another request under the same key. Raises: InvalidKey."""
    if not repeats.is_key(key):
        raise InvalidKey
    body["expect"] = None if expect is None else [expect["points"], str(yuan(expect["cash"]))]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def replay(user, key: str, body_hash: str) -> Order | None:
    """Return the order this key placed before, marked as replayed. Raises: IdempotencyConflict."""
    placed = rows.find(drafts.placed_under(user, key))
    return None if placed is None else repeated(placed, body_hash)


def repeated(placed: Order, body_hash: str) -> Order:
    """Return an order placed before, marked as replayed. Raises: IdempotencyConflict."""
    placed.replayed = True
    return repeats.same(placed, otherwise=IdempotencyConflict, body_hash=body_hash)


def write_down(account, user, quote, *, key: str, body_hash: str, at, trace=traces.UNSEEN) -> Order:
    """Take or hold the points of an open account and write the order, its lines and first events:
    all of placing but the stock.

    Raises: AddressNeeded and what the ledger refuses.
    """
    event_delivery.hear_if_short(account, quote.points)
    order = drafts.of(user, quote, key=key, body_hash=body_hash, at=at, trace=trace)
    drafts.write([drafts.Draft(order, quote)])
    if quote.coupon is not None:
        coupons.lock(account, order, quote.coupon)
    if not any(line.sku.product.is_delivered_at_once for line in quote.lines):
        return order
    order.written_lines = None  # they change with what is handed over
    return lifecycle.hand_over(account, order) if order.status == Order.Status.PAID else order
