"""Flash redemption: get a piece of something scarce while a session runs, or hear at once that you
did not.

In front stands a hint (orders/flash/gate.py); the truth is the database: limits per person are
counted under the member's lock, and the pieces lie in buckets whose conditional UPDATE decides. One
bucket is tried per transaction; "sold out" is said by the database only after all were counted
under lock.

Source: docs/ledger.md; docs/product.md traps 15 and 16.
"""

import random
from functools import partial
from threading import Lock

from django.db import connection
from django.db.models import Sum

from accounts import addresses
from accounts.models import Address
from accounts.traces import UNSEEN
from catalog import audience, stock_buckets
from catalog.errors import OutOfStock, SoldOut
from catalog.models import MAX_QUANTITY
from mall.core import clock, moments
from mall.core.transactions import transactional
from orders import checkout, drafts, offering, pricing, tickets
from orders.coupons import goods as coupon_goods
from orders.errors import (
    FlashForHigherTiers,
    FlashLimitReached,
    FlashNotStarted,
    FlashOver,
    InvalidLines,
    NoSuchFlashItem,
    PurchaseLimitReached,
    TierNeeded,
)
from orders.flash import early, gate, pool, quotes
from orders.flash.lottery_errors import DrawnByLot
from orders.freight import Destination
from orders.models import FlashClaim, FlashItem, FlashSession, Order
from points import ledger

BUCKET_TRIES = 3
REPEATABLE = (FlashNotStarted, FlashOver, OutOfStock, PurchaseLimitReached)
_last_resorts: dict[int, Lock] = {}


class BucketEmpty(Exception):
    """The bucket tried had too few; the transaction ends, and another begins with another
    bucket.
    """


def find(item_id: int) -> FlashItem:
    """Return an item of an announced session. Raises: NoSuchFlashItem."""
    announced = FlashItem.objects.select_related("session", "sku__product")
    item = (
        announced.filter(pk=item_id, session__opened_at__isnull=False).first()
        if item_id < 2**63
        else None
    )
    if item is None:
        raise NoSuchFlashItem
    return item


def redeem(
    user,
    *,
    item: int | FlashItem,
    quantity: int,
    key: str,
    address: int | Address | None = None,
    expect=None,
    trace=UNSEEN,
) -> Order:
    """Redeem pieces of a flash item at its own price and return the order.

    Points alone are spent at once and the order is paid; with cash to pay, points are held and the
    order waits five minutes. ``address``, ``expect`` and ``trace`` as for ``checkout.place_order``.

    Idempotent by (user, key), with ``replayed`` True on a repeat, also after the session is over.
    Raises: NoSuchFlashItem, FlashNotStarted, FlashOver, TierNeeded, CouponGoodsOver,
    FlashLimitReached, catalog.errors.SoldOut and OutOfStock, InvalidKey, IdempotencyConflict,
    InvalidLines, PriceChanged, AddressNeeded, NotDelivered, AddressUnclear, NotPayable,
    points.errors.InsufficientPoints and AccountFrozen.
    """
    if (
        not isinstance(quantity, int)
        or isinstance(quantity, bool)
        or not 1 <= quantity <= MAX_QUANTITY
    ):
        raise InvalidLines
    item = item if isinstance(item, FlashItem) else find(item)
    if item.session.by_lot:
        raise DrawnByLot
    address_id = address.pk if isinstance(address, Address) else address
    body_hash = checkout.fingerprint(
        key, expect, flash=item.pk, quantity=quantity, address=address_id
    )
    place = partial(
        _place,
        user,
        item,
        quantity,
        key=key,
        body_hash=body_hash,
        address_id=address_id,
        expect=expect,
        trace=trace,
    )
    if connection.in_atomic_block:  # somebody's transaction is joined: no second try within it
        return place(bucket=None)
    try:
        return _redeem_behind_gate(user, item, quantity, key, place)
    except REPEATABLE:
        placed = checkout.replay(user, key, body_hash)
        if placed is None:
            raise
        return placed


@transactional
def place_won(user, item, *, key: str, address: int | None) -> Order:
    """Place the order of a piece that was won by lot; with the address named at registration, or
    the default one where that is gone. Idempotent by (user, ``key``).

    Raises: AddressNeeded, NotDelivered, AddressUnclear, catalog.errors.OutOfStock,
    points.errors.InsufficientPoints and AccountFrozen.
    """
    body_hash = checkout.fingerprint(key, None, flash=item.pk, quantity=1, address=address)
    account = ledger.open(user.pk, seen=drafts.placed_under(user, key))
    if account.seen is not None:
        return checkout.repeated(account.seen, body_hash)
    now, named = clock.now(), address and addresses.owned(user, address)
    quoted = quotes.quote(user, item, to=Destination(user, named or None), as_of=now)
    quoted.check_delivery()
    order = checkout.write_down(account, user, quoted, key=key, body_hash=body_hash, at=now)
    FlashClaim.objects.create(order=order, item=item, user=user, quantity=1)
    stock_buckets.take_any(item.pk, 1)
    return order


def had(user, items) -> dict[int, int]:
    """Return how many pieces of each item the member has, cancelled orders aside."""
    claims = FlashClaim.objects.filter(user=user, item__in=items, is_live=True)
    return dict(
        claims.order_by()
        .values("item_id")
        .annotate(pieces=Sum("quantity"))
        .values_list("item_id", "pieces")
    )


def _redeem_behind_gate(user, item, quantity, key, place) -> Order:
    check_open(item.session, user, clock.now())
    _pass_gate(user, item, quantity, key)
    order = None
    try:
        order = _hunt(user, item, quantity, place)
    finally:
        if order is None:
            gate.leave(item.pk, user.pk, quantity, key)
    return order


def _pass_gate(user, item, quantity, key):
    """Refuse what cannot succeed before it costs a transaction."""
    _believe_sold_out(item, quantity)
    said = gate.enter(item.pk, user.pk, quantity, key)
    if said is gate.Answer.KNOWN:
        _check_limit(user, item, quantity)
    if said is gate.Answer.LOOK:
        gate.fill(item.pk, sum(stock_buckets.levels([item.pk])[item.pk]))
        said = gate.enter(item.pk, user.pk, quantity, key)
    # who wants more than is left hears from the database how many
    if said is gate.Answer.OUT and quantity == 1:
        raise SoldOut(sku=item.sku_id, wanted=quantity, left=0)


def _hunt(user, item, quantity, place) -> Order:
    """Try a likely bucket, each in a transaction of its own; at last count them all under lock."""
    for _attempt in range(BUCKET_TRIES):
        bucket = _likely_bucket(user, item, quantity)
        if bucket is None:
            break
        try:
            return place(bucket=bucket)
        except BucketEmpty:
            continue  # somebody was faster
    with _last_resort(item.pk):
        # One thread of this process at a time: all who found nothing would stand in line for the
        # same locks.
        _believe_sold_out(item, quantity)
        left = stock_buckets.count(item.pk)
        if left >= quantity:
            return place(bucket=None)
        gate.fill(item.pk, left)
        if left == 0:
            pool.believe_empty(item.pk)
            raise SoldOut(sku=item.sku_id, wanted=quantity, left=0)
        raise OutOfStock(sku=item.sku_id, wanted=quantity, left=left)


def _believe_sold_out(item, quantity):
    if pool.is_believed_empty(item.pk):
        raise SoldOut(sku=item.sku_id, wanted=quantity, left=0)


def _last_resort(item_id) -> Lock:
    """Return the lock of an item; taken outside every transaction, so nobody waits for it who holds
    a row.
    """
    return _last_resorts.setdefault(item_id, Lock())


@transactional
def _place(user, item, quantity, *, bucket, key, body_hash, address_id, expect, trace) -> Order:
    """Place the order with pieces of one bucket, or of any (None) after locking them all."""
    # Two tabs may press at once; the second must see the first's order and pieces.
    account = ledger.open(user.pk, seen=drafts.placed_under(user, key))
    if account.seen is not None:
        return checkout.repeated(account.seen, body_hash)
    now = clock.now()
    check_open(item.session, user, now)
    check_tier(user, item.sku.product)
    coupon_goods.check([quotes.wish(item, quantity)], now)
    tickets.check([quotes.wish(item, quantity)], now)
    _check_limit(user, item, quantity)
    quoted = quotes.quote(user, item, quantity, to=Destination(user, address_id), as_of=now)
    quoted.check_delivery()
    pricing.check_payable(quoted)
    quoted.agree(expect)
    words = {"key": key, "body_hash": body_hash, "trace": trace}
    order = checkout.write_down(account, user, quoted, at=now, **words)
    FlashClaim.objects.create(order=order, item=item, user=user, quantity=quantity)
    # The hot row comes last, and one bucket only.
    if bucket is None:
        stock_buckets.take_any(item.pk, quantity)
    elif not stock_buckets.take_one(item.pk, bucket, quantity):
        raise BucketEmpty
    return order


def check_open(session, user, now) -> None:
    """Refuse a session that is not open to a member. Raises: FlashNotStarted, FlashForHigherTiers,
    FlashOver.
    """
    status = session.status_at(now)
    if status == FlashSession.Status.SCHEDULED:
        _check_early(session, user, now)
    elif status != FlashSession.Status.RUNNING:
        raise FlashOver


def _check_early(session, user, now):
    opens_at = session.opens_at(early.minutes_of(user))
    if opens_at <= now:
        return
    moment = moments.said(opens_at)
    if tier := early.tier_let_in(session, now):
        raise FlashForHigherTiers(tier=tier, starts_at=moment)
    raise FlashNotStarted(starts_at=moment)


def check_tier(user, product) -> None:
    """Refuse goods that were hidden or locked since the session was announced. Raises:
    NoSuchFlashItem, TierNeeded.
    """
    tier = offering.tier_of(user.pk, [product])
    if not audience.is_shown(product.tier_to_see, tier):
        raise NoSuchFlashItem
    if needed := audience.locked_until(product.tier_to_redeem, tier):
        raise TierNeeded(product=product.name, tier=needed)


def _check_limit(user, item, quantity):
    pieces = had(user, [item.pk]).get(item.pk, 0)
    if pieces + quantity > item.limit_per_person:
        raise FlashLimitReached(
            product=item.sku.product.name, limit=item.limit_per_person, had=pieces
        )


def _likely_bucket(user, item, quantity) -> int | None:
    """Return the member's home bucket, or any other that seems to have enough."""
    found = stock_buckets.levels([item.pk])[item.pk]
    home = pool.home(user.pk, item)
    if home < len(found) and found[home] >= quantity:
        return home
    enough = [place for place, pieces in enumerate(found) if pieces >= quantity]
    return random.choice(enough) if enough else None
