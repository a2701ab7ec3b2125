"""What pieces of a flash item cost: the item's own price, and freight as always."""

import copy
from dataclasses import replace

from catalog.models import Product
from mall.core import clock
from orders import freight, pricing
from orders.freight import Destination
from orders.models import CheckoutPolicy
from points import rates

PAYMENT_WINDOW_MINUTES = 5


def quote(user, item, quantity: int = 1, *, to=None, as_of=None) -> pricing.Quote:
    """Work out what pieces of a flash item cost now: its own price, freight as always, ``to`` a
    destination or the default address.
    """
    as_of = as_of or clock.now()
    wishes = [wish(item, quantity)]
    policy, to = CheckoutPolicy.current(), to or Destination(user)
    priced = pricing.price(
        wishes,
        policy=policy,
        rate=rates.current(as_of).points_per_yuan,
        carriage=freight.of(wishes, policy=policy, to=to),
    )
    more = {"payment_window_minutes": PAYMENT_WINDOW_MINUTES}
    return replace(priced, to=to, buyer=user and user.pk, at=as_of, **more)


def freights(item, most: int, *, to: Destination) -> list:
    """Return the freight of one piece, of two, and so on up to ``most``."""
    policy = CheckoutPolicy.current()
    numbers = range(1, most + 1)
    return [freight.of([wish(item, pieces)], policy=policy, to=to).fee for pieces in numbers]


def wish(item, quantity) -> pricing.Wish:
    """Return pieces of the SKU at the item's own price."""
    sku, product = copy.copy(item.sku), copy.copy(item.sku.product)
    sku.points_price, sku.cash_price, sku.product = item.points_price, item.cash_price, product
    product.pay_mode = Product.PayMode.POINTS_CASH if item.cash_price else Product.PayMode.POINTS
    return pricing.Wish(sku, quantity)
