"""Orders of what a member has won: one piece that costs nothing, freight neither, paid at once, and
from there on an order like every other. It earns nothing and is no purchase (Order.is_gift).
"""

import copy
from dataclasses import replace

from accounts.models import Address
from catalog.models import Product, Sku
from mall.core import clock
from mall.core.money import ZERO
from mall.core.transactions import transactional
from orders import checkout, drafts, freight, pricing
from orders.freight import Destination
from orders.models import CheckoutPolicy, Order
from orders.models.order import GIFT
from points import ledger, rates


@transactional
def give(user, sku: Sku, *, key: str, address: int | Address | None = None) -> Order:
    """Place the order of one piece that is a gift; whoever calls takes the piece from where it
    lies, after this and in the same transaction.

    Idempotent by (user, ``key``). Raises: AddressNeeded, NotDelivered, AddressUnclear.
    """
    key = f"{GIFT}{key}"
    body_hash = checkout.fingerprint(key, None, sku=sku.pk)
    account = ledger.open(user.pk, seen=drafts.placed_under(user, key))
    if account.seen is not None:
        return checkout.repeated(account.seen, body_hash)
    now, to = clock.now(), Destination(user, address)
    quote = _quote(sku, to, now)
    quote.check_delivery()
    return checkout.write_down(account, user, quote, key=key, body_hash=body_hash, at=now)


def _quote(sku, to, now):
    """Return what the piece costs: nothing, wherever it can be carried to."""
    free, product = copy.copy(sku), copy.copy(sku.product)
    free.points_price, free.cash_price, free.product = 0, ZERO, product
    product.pay_mode = Product.PayMode.POINTS
    wishes, policy = [pricing.Wish(free, 1)], CheckoutPolicy.current()
    carriage = replace(freight.of(wishes, policy=policy, to=to), fee=ZERO)
    rate = rates.current(now).points_per_yuan
    return replace(pricing.price(wishes, policy=policy, rate=rate, carriage=carriage), to=to)
