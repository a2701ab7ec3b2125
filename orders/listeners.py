"""What follows in orders, verb by verb, and what orders answers (mall/core/events.py)."""

from accounts import closing as leaving
from accounts import export
from catalog import category_tree, sales
from catalog import freight as carrying
from catalog.looked import LOOKED
from mall.core.events import each
from orders import closing, earning, freight, offering, takeaway
from orders import sales as own_sales
from orders.basket import seen
from orders.coupons import goods as coupon_goods
from orders.coupons import lifecycle as coupons
from orders.events import (
    ORDER_AUTO_COMPLETED,
    ORDER_CANCELLED,
    ORDER_COMPLETED,
    ORDER_PAID,
    ORDER_TIMED_OUT,
)
from orders.flash import registration as lots
from orders.refunds import requests as refund_requests
from points import conditions, past_facts, perks, wording

LISTENERS = {
    ORDER_PAID: [each(coupons.use), earning.promise],
    **dict.fromkeys((ORDER_COMPLETED, ORDER_AUTO_COMPLETED), [earning.confirm]),
    **dict.fromkeys(
        (ORDER_CANCELLED, ORDER_TIMED_OUT),
        [earning.take_back_all, refund_requests.withdraw_open],
    ),
}

ANSWERS = {
    sales.IS_SOLD: [own_sales.is_sold],
    sales.PIECES: [own_sales.pieces],
    sales.NEWEST: [own_sales.newest],
    sales.NEXT: [own_sales.following],
    sales.SOLD: [own_sales.kept],
    sales.LACKING: [coupon_goods.lacking],
    LOOKED: [seen.note],
    carrying.TOLD: [freight.told],
    conditions.CATEGORIES: [category_tree.choices],
    past_facts.HAPPENED: [earning.happened],
    perks.MORE: [offering.perks_of],
    wording.THINGS: [lots.names],
    export.PERSONAL_DATA: [takeaway.chapters],
    leaving.LEAVING: [closing.consequences],
    leaving.FORGETTING: [closing.forget],
}
