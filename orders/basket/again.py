"""Buying again: what an order had goes into the basket once more."""

from catalog import shelf
from mall.core import clock
from orders import offering
from orders.basket import contents
from orders.basket.baskets import MemberBasket
from orders.basket.contents import Line, Lines
from orders.models import Order


def put(order: Order) -> tuple[Lines, list[str]]:
    """Have at least the pieces of an order in its member's basket; return what lies in it then, and
    the names of what is not offered any more or found no room.

    Harmless when repeated. What is sold out goes into the basket too and is told there.
    """
    lines = list(order.lines.all())
    wanted = _offered(order.user_id, lines)
    basket = MemberBasket(order.user_id).change(lambda kept: contents.at_least(kept, wanted))
    there = {sku for sku, line in basket.items() if not line.is_saved}
    wanted_skus = {line.sku for line in wanted}
    return basket, [
        line.product_name
        for line in lines
        if line.sku_id not in wanted_skus or line.sku_id not in there
    ]


def _offered(user_id, lines) -> list[Line]:
    offers, now = shelf.offers({line.sku_id for line in lines}) if lines else {}, clock.now()
    tier = offering.tier_of(user_id, [offer.sku.product for offer in offers.values()])
    return [
        Line(line.sku_id, line.quantity)
        for line in lines
        if line.sku_id in offers
        and offering.refusal_of(offers[line.sku_id].sku.product, tier, now) is None
    ]
