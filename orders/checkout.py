"""Placing an order: points, order and stock in one transaction, once per one-time key.

Lock order (ledger.md section 3): the member's account first, the hot stock rows last. Orders
without any points lock the account too: it is the mutex that limits per person are counted under.
"""

import hashlib
import json
import time
from datetime import timedelta

from accounts import addresses
from accounts.models import Address
from catalog import shelf, sold_out, stock
from catalog.models import Product
from mall.core import clock, kept, repeats, rows
from mall.core.events import tell
from mall.core.money import yuan
from mall.core.transactions import transactional
from orders import events, lifecycle, pricing
from orders.coupons import lifecycle as coupons
from orders.coupons import wallet
from orders.errors import AddressNeeded, IdempotencyConflict, InvalidKey, PriceChanged
from orders.models import Order, OrderLine
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
) -> Order:
    """Place an order for ``lines`` (``(sku_id, quantity)``) and return it.

    Points alone are spent at once and the order is paid; with cash to pay, points are held and the
    order waits for the payment window of the checkout policy. ``coupon`` is the id or code of one
    coupon, kept for this order until it is paid or cancelled. ``expect`` is ``{"points", "cash"}``
    as the shopper saw them. Goods to deliver go to ``address`` (an id of the member's own) or the
    default one.

    Idempotent by (user, key): the same request again returns the same order, with ``replayed``
    True.
    Raises: InvalidKey, IdempotencyConflict, InvalidLines, NotForSale, PurchaseLimitReached,
    CouponNotUsable, PointsNotUsable, PriceChanged, AddressNeeded, points.errors.InsufficientPoints
    and AccountFrozen, catalog.errors.OutOfStock.
    """
    wanted = pricing.normalise(lines)
    address_id = address.pk if isinstance(address, Address) else address
    named = wallet.normalise(coupon)
    # Left out when there is none: keys of orders placed before the shop had coupons still match.
    with_coupon = {} if named is None else {"coupon": named}
    body_hash = fingerprint(
        key,
        expect,
        lines=sorted(wanted),
        points_to_use=points_to_use,
        address=address_id,
        **with_coupon,
    )
    refusal = sold_out.refusal_of(wanted)
    if refusal is None:
        return _place(
            user,
            wanted,
            key=key,
            body_hash=body_hash,
            points_to_use=points_to_use,
            coupon=named,
            address_id=address_id,
            expect=expect,
        )
    placed = replay(user, key, body_hash)  # who took the last piece may ask again
    if placed is None:
        raise refusal
    return placed


@transactional
def _place(user, wanted, *, key, body_hash, points_to_use, coupon, address_id, expect) -> Order:
    """Place an order in one transaction, or return the one its key placed before."""
    kept.version()  # what is asked of the cache is asked before anything is locked
    # Two tabs may place at once; the second must see the first's order, balance and pieces had.
    account = ledger.open(user.pk, seen=placed_under(user, key))
    if account.seen is not None:
        return repeated(account.seen, body_hash)
    now, since = clock.now(), time.monotonic()
    quote = pricing.quote(user, wanted, points_to_use=points_to_use, coupon=coupon, as_of=now)
    agree(quote, expect)
    shelf.check_left(quote.lines, since=since)
    order = write_down(
        account, user, quote, key=key, body_hash=body_hash, at=now, address_id=address_id
    )
    # The hot rows come last: nothing but stock of a higher id is locked after them.
    stock.sell(wanted)
    return order


def fingerprint(key, expect, **body) -> str:
    """Return what tells a repeat from another request under the same key. Raises: InvalidKey."""
    if not repeats.is_key(key):
        raise InvalidKey
    body["expect"] = None if expect is None else [expect["points"], str(yuan(expect["cash"]))]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def placed_under(user, key: str) -> rows.Wanted:
    """Return the order a member may have placed under a key, to be looked for."""
    return rows.Wanted(Order, {"user_id": user.pk, "key": key})


def replay(user, key: str, body_hash: str) -> Order | None:
    """Return the order this key placed before, marked as replayed. Raises: IdempotencyConflict."""
    placed = rows.find(placed_under(user, key))
    return None if placed is None else repeated(placed, body_hash)


def repeated(placed: Order, body_hash: str) -> Order:
    """Return an order placed before, marked as replayed. Raises: IdempotencyConflict."""
    placed.replayed = True
    return repeats.same(placed, otherwise=IdempotencyConflict, body_hash=body_hash)


def agree(quote, expect) -> None:
    """Refuse a quote that is not what the shopper saw. Raises: PriceChanged."""
    if expect is not None and (expect["points"], yuan(expect["cash"])) != (
        quote.points,
        quote.cash,
    ):
        raise PriceChanged(quote)


def write_down(
    account, user, quote, *, key: str, body_hash: str, at, address_id: int | None
) -> Order:
    """Take or hold the points of an open account and write the order, its lines and first events:
    all of placing but the stock.

    Raises: AddressNeeded and what the ledger refuses.
    """
    event_delivery.hear_if_short(account, quote.points)
    order = _draft(user, quote, key=key, body_hash=body_hash, at=at)
    if quote.is_physical:
        order.address_sealed = json.dumps(
            _address_of(user, address_id).snapshot(), ensure_ascii=False
        )
    is_paid = order.status == Order.Status.PAID
    # told before the posting, whose UPDATE of the account takes it along
    tell(events.placed(order), *([events.paid(order)] if is_paid else []))
    _post_points(account, order)
    rows.insert_read_back([order], by="no")
    lines = [_line_of(order, line) for line in quote.lines]
    knows_ids = rows.insert_read_back(lines, by="sku")
    if quote.coupon is not None:
        coupons.lock(order, quote.coupon)
    has_keys = any(line.sku.product.kind == Product.Kind.CARD_KEY for line in quote.lines)
    if knows_ids and not has_keys:
        order.written_lines = lines
    return lifecycle.issue_keys(order) if is_paid and has_keys else order


def _draft(user, quote, *, key, body_hash, at) -> Order:
    order = Order(
        user=user,
        key=key,
        body_hash=body_hash,
        status=Order.Status.PENDING,
        points=quote.points,
        cash=quote.cash,
        goods_cash=quote.goods_cash,
        discount=quote.discount,
        coupon_discount=quote.coupon_discount,
        coupon_names=_in_every_language(quote.coupon.template) if quote.coupon else {},
        freight=quote.freight,
        rate=quote.rate,
        points_for_discount=quote.points_for_discount,
        is_physical=quote.is_physical,
        created_at=at,
    )
    if quote.cash:
        order.pay_by = at + timedelta(minutes=quote.payment_window_minutes)
    else:
        order.status, order.paid_at = Order.Status.PAID, at
    return order


def _address_of(user, address_id) -> Address:
    found = addresses.default_of(user) if address_id is None else addresses.owned(user, address_id)
    if found is None:
        raise AddressNeeded
    return found


def _post_points(account, order):
    """Take the points now, or set them aside until the cash is there."""
    if not order.points:
        return
    if order.cash:
        account.hold(
            points=order.points,
            key=f"{order.reference}:hold",
            reference=order.reference,
            expires_at=order.pay_by,
            fresh=True,  # the number was made a moment ago
        )
    else:
        account.spend(
            points=order.points,
            key=f"{order.reference}:spend",
            reference=order.reference,
            fresh=True,
        )


def _line_of(order, line) -> OrderLine:
    product = line.sku.product
    return OrderLine(
        order=order,
        sku=line.sku,
        product=product,
        names={"product": _in_every_language(product), "sku": _in_every_language(line.sku)},
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


def _in_every_language(named) -> dict:
    return {"zh-hans": named.name_zh_hans or named.name, "en": named.name_en or named.name}
