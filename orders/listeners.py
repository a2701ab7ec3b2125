"""What follows in orders, verb by verb, and what orders answers (mall/core/events.py)."""

from accounts import closing as leaving
from accounts import export
from mall.core.events import each
from orders import closing, earning, takeaway
from orders.coupons import lifecycle as coupons
from orders.events import ORDER_CANCELLED, ORDER_COMPLETED, ORDER_PAID
from orders.refunds import requests as refund_requests

LISTENERS = {
    ORDER_PAID: [each(coupons.use), each(earning.promise)],
    ORDER_COMPLETED: [each(earning.confirm)],
    ORDER_CANCELLED: [each(earning.take_back_all), each(refund_requests.withdraw_open)],
}

ANSWERS = {
    export.PERSONAL_DATA: [takeaway.chapters],
    leaving.LEAVING: [closing.consequences],
    leaving.FORGETTING: [closing.forget],
}
