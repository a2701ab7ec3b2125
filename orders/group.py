"""Orders of several members, each of one SKU, in one transaction and in about as few statements as
one.

Only what succeeds beyond doubt is done here. Whoever is to be refused, was served before, needs a
coupon or keys, or is being served elsewhere goes alone (orders/checkout.py), and hears there why;
except that the SKU is sold out, which is known here and is the same for all.

Locks: the accounts in everybody's order, none of them waited for; the stock's rows last, by
ascending id.
Source: docs/decisions/0056-grouped-posting.md, 0074-groups-of-all-goods.md.
"""

import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction

from accounts import traces
from catalog import shelf, sold_out, stock
from catalog.errors import OutOfStock
from mall.core import clock, kept, lane, rows
from mall.core.errors import Busy, DomainError
from mall.core.transactions import transactional
from orders import drafts, pricing
from orders.freight import Destination
from orders.models import Order
from orders.quotes import Wish
from points import ledger

ALL_GOODS = "all goods"  # the lane of whatever has none of its own


@dataclass(slots=True)
class _Remembered:
    """SKUs that are remembered for so many seconds."""

    seconds: float
    _until: dict[int, float] = field(default_factory=dict)  # of time.monotonic

    def add(self, sku_id: int) -> None:
        self._until[sku_id] = time.monotonic() + self.seconds

    def has(self, sku_id: int) -> bool:
        until = self._until.get(sku_id)
        if until is not None and time.monotonic() >= until:
            self._until.pop(sku_id, None)
            return False
        return until is not None

    def clear(self) -> None:
        self._until.clear()


_alone = _Remembered(60.0)  # no group can take them
_apart = _Remembered(10.0)  # a group with them came to no end: they hold up no others


@dataclass(frozen=True, eq=False, slots=True)
class Request:
    """One member's order of one SKU, as ``checkout.place_order`` was asked for it."""

    user: object
    sku_id: int
    quantity: int
    key: str
    body_hash: str
    points_to_use: int
    address_id: int | None
    expect: dict | None
    trace: traces.Trace = traces.UNSEEN


def may_take(wanted) -> bool:
    """Say whether ``(sku_id, quantity)`` may be ordered beside others: one SKU, outside every
    transaction, and not one that was found to go alone.
    """
    return len(wanted) == 1 and not _alone.has(wanted[0][0]) and lane.is_open()


def lane_of(sku_id: int) -> Hashable:
    """Return the lane that orders of a SKU stand in: everybody's, unless a group with it came to no
    end a moment ago: somebody may have its stock locked.
    """
    return sku_id if _apart.has(sku_id) else ALL_GOODS


def place(requests: list[Request]) -> list[Order | OutOfStock | None]:
    """Place orders of different members, in the order in which they were asked for; return for each
    its order, the refusal, or None: it goes alone.

    Idempotent by (user, key): whoever has an order under the key goes alone.
    Raises: what the ledger, the stock or the database refuses; then nothing was placed.
    """
    try:
        return _place(requests)
    except Busy:
        for one in requests:
            _apart.add(one.sku_id)
        raise


@transactional(tries=1)  # what a group cannot do at once each tries alone
def _place(requests):
    kept.version()  # what is asked of the cache is asked before anything is locked
    accounts = ledger.open_free(one.user.pk for one in requests)
    new = _without_placed([one for one in requests if one.user.pk in accounts])
    if not new:
        return [None] * len(requests)
    now, since = clock.now(), time.monotonic()
    offers = _offers((one.sku_id for one in new), now)
    answers, left = {}, {sku_id: offer.left for sku_id, offer in offers.items()}
    for one in new:
        draft = _draft_of(one, offers.get(one.sku_id), accounts[one.user.pk], now)
        if draft is None:
            continue
        if one.quantity > left[one.sku_id]:
            refusal = OutOfStock(sku=one.sku_id, wanted=one.quantity, left=left[one.sku_id])
            answers[one] = refusal
            continue
        answers[one] = draft
        left[one.sku_id] -= one.quantity
    taken = [one for one, answer in answers.items() if isinstance(answer, drafts.Draft)]
    if taken:
        drafts.write(answers[one] for one in taken)
        # The hot rows come last.
        stock.sell([(one.sku_id, one.quantity) for one in taken])
    for sku_id in {one.sku_id for one in answers if one not in taken}:
        act = partial(sold_out.remember, sku_id, left[sku_id], since=since)
        transaction.on_commit(act, robust=True)
    return [_answer(answers.get(one)) for one in requests]


def _offers(sku_ids, as_of) -> dict[int, shelf.Offer]:
    """Return what a group can sell of these SKUs at an instant, by id. Left out are those that hold
    up others, and what is delivered at once, which is remembered: keys and coupons are handed over
    one by one.
    """
    ids = sorted(set(sku_ids))
    if len(ids) > 1:
        ids = [sku_id for sku_id in ids if not _apart.has(sku_id)]
    found = shelf.offers(ids, as_of) if ids else {}
    for sku_id, offer in list(found.items()):
        if offer.sku.product.is_delivered_at_once:
            _alone.add(sku_id)
            del found[sku_id]
    return found


def _without_placed(requests) -> list[Request]:
    """Return those whose key has placed no order yet; their accounts are locked."""
    if not requests:
        return []
    placed = rows.find_all([drafts.placed_under(one.user, one.key) for one in requests])
    keys = {(order.user_id, order.key) for order in placed}
    return [one for one in requests if (one.user.pk, one.key) not in keys]


def _draft_of(request, offer, account, now) -> drafts.Draft | None:
    """Return the order that a member would get; None where it is to be refused or in doubt."""
    if offer is None:
        return None
    user, wish = request.user, Wish(offer.sku, request.quantity, offer.left)
    try:
        to, points = Destination(user, request.address_id), request.points_to_use
        quote = pricing.quote_wishes(user, [wish], points_to_use=points, to=to, as_of=now)
        quote.check_delivery()
        quote.agree(request.expect)
        if quote.points and not account.can_take(quote.points):
            return None
        words = {"key": request.key, "body_hash": request.body_hash, "trace": request.trace}
        order = drafts.of(user, quote, at=now, **words)
    except DomainError:
        return None
    return drafts.Draft(order, quote)


def _answer(made):
    return made.order if isinstance(made, drafts.Draft) else made
