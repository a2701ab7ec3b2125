"""Buying again: what an order had goes into the basket once more."""

from dataclasses import dataclass

from catalog import shelf
from mall.core import clock
from orders import offering
from orders.basket import contents
from orders.basket.baskets import MemberBasket
from orders.basket.contents import Line, Lines
from orders.models import Order


@dataclass(frozen=True, slots=True)
class PutAgain:
    """A member's basket after buying again, and names: what is not offered any more, and what found
    no room to be ordered and is saved for later.
    """

    lines: Lines
    gone: list[str]
    aside: list[str]


def put(order: Order) -> PutAgain:
    """Have at least the pieces of an order in its member's basket.

    Harmless when repeated. What is sold out goes into the basket too and is told there.
    """
    bought = list(order.lines.all())
    wanted = _offered(order.user_id, bought)
    basket = MemberBasket(order.user_id).change(lambda kept: contents.at_least(kept, wanted))
    skus, aside = {line.sku for line in wanted}, set(contents.set_aside(basket, wanted))
    return PutAgain(
        basket,
        gone=[line.product_name for line in bought if line.sku_id not in skus],
        aside=[line.product_name for line in bought if line.sku_id in aside],
    )


def _offered(user_id, lines) -> list[Line]:
    offers, now = shelf.offers({line.sku_id for line in lines}) if lines else {}, clock.now()
    tier = offering.tier_of(user_id, [offer.sku.product for offer in offers.values()])
    return [
        Line(line.sku_id, line.quantity)
        for line in lines
        if line.sku_id in offers
        and offering.refusal_of(offers[line.sku_id].sku.product, tier, now) is None
    ]
