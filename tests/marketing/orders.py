"""An order row for tests that only look at one; placing is tested where it belongs."""

from mall.core import clock
from orders.models import Order


def placed(user, *, at=None, status=Order.Status.PENDING, points=100, **fields):
    at = at or clock.now()
    fields = {
        "key": f"key-{Order.objects.count()}",
        "body_hash": "",
        "rate": 100,
        "cash": 0,
        "goods_cash": 0,
        "pay_by": at,
        **fields,
    }
    return Order.objects.create(user=user, status=status, points=points, created_at=at, **fields)
