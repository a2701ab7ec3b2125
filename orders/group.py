"""Orders of several members for one SKU in one transaction, in about as many statements as one.

Only what succeeds beyond doubt is done here. Whoever is to be refused, was served before, needs a
coupon or keys, or is being served elsewhere goes alone (orders/checkout.py), and hears there why;
except that the SKU is sold out, which is known here and is the same for all.

Locks: the accounts in everybody's order, none of them waited for; the stock's row last.
"""

import time
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from catalog import sold_out, stock
from catalog.errors import OutOfStock
from catalog.models import Product
from mall.core import clock, kept, rows
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from orders import drafts, pricing
from orders.models import Order
from points import ledger

ALONE_SECONDS = 60.0  # how long a SKU is remembered that no group can take
_alone: dict[int, float] = {}  # {SKU: until, of time.monotonic}


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
    request_id: str = ""


def may_take(wanted) -> bool:
    """Say whether ``(sku_id, quantity)`` may be ordered beside others: one SKU, outside every
    transaction, and not one that was found to go alone.
    """
    if not settings.CHECKOUT_LANE or len(wanted) != 1 or connection.in_atomic_block:
        return False
    has = connection.features
    if has.has_select_for_update and not has.has_select_for_update_skip_locked:
        return False  # one member who is locked elsewhere would make all others wait
    sku_id, _quantity = wanted[0]
    if sku_id in _alone and time.monotonic() >= _alone[sku_id]:
        _alone.pop(sku_id, None)
    return sku_id not in _alone


@transactional
def place(requests: list[Request]) -> list[Order | OutOfStock | None]:
    """Place orders of different members for one SKU, in the order in which they were asked for;
    return for each its order, the refusal, or None: it goes alone.

    Idempotent by (user, key): whoever has an order under the key goes alone.
    Raises: what the ledger, the stock or the database refuses; then nothing was placed.
    """
    sku_id = requests[0].sku_id
    kept.version()  # what is asked of the cache is asked before anything is locked
    accounts = ledger.open_free(one.user.pk for one in requests)
    new = _without_placed([one for one in requests if one.user.pk in accounts])
    if not new:
        return [None] * len(requests)
    now, since = clock.now(), time.monotonic()
    (offer,) = pricing.wishes_of([(sku_id, 1)])
    if offer.sku.product.kind == Product.Kind.CARD_KEY:  # each key is locked and handed over
        _alone[sku_id] = since + ALONE_SECONDS
        return [None] * len(requests)
    answers, left = {}, offer.left
    for one in new:
        draft = _draft_of(one, replace(offer, quantity=one.quantity), accounts[one.user.pk], now)
        if draft is None:
            continue
        if one.quantity > left:
            answers[one] = OutOfStock(sku=sku_id, wanted=one.quantity, left=left)
            continue
        answers[one], left = draft, left - one.quantity
    taken = [one for one, answer in answers.items() if isinstance(answer, drafts.Draft)]
    if taken:
        drafts.write(answers[one] for one in taken)
        # The hot row comes last.
        stock.sell([(sku_id, one.quantity) for one in taken])
    if len(taken) < len(answers):
        transaction.on_commit(partial(sold_out.remember, sku_id, left, since=since), robust=True)
    return [_answer(answers.get(one)) for one in requests]


def _without_placed(requests) -> list[Request]:
    """Return those whose key has placed no order yet; their accounts are locked."""
    if not requests:
        return []
    placed = rows.find_all([drafts.placed_under(one.user, one.key) for one in requests])
    keys = {(order.user_id, order.key) for order in placed}
    return [one for one in requests if (one.user.pk, one.key) not in keys]


def _draft_of(request, wish, account, now) -> drafts.Draft | None:
    """Return the order that a member would get; None where it is to be refused or in doubt."""
    user = request.user
    try:
        quote = pricing.quote_wishes(user, [wish], points_to_use=request.points_to_use, as_of=now)
        quote.agree(request.expect)
        if quote.points and not account.can_take(quote.points):
            return None
        order = drafts.of(
            user,
            quote,
            key=request.key,
            body_hash=request.body_hash,
            at=now,
            address_id=request.address_id,
        )
    except DomainError:
        return None
    return drafts.Draft(order, quote, request.request_id)


def _answer(made):
    return made.order if isinstance(made, drafts.Draft) else made
