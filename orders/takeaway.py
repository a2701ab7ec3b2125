"""What orders hands over when members take their data along; reviews come from here, too: goods
know no members.
"""

import json

from django.utils.translation import gettext as _

from accounts.export import ROWS_AT_ONCE, Chapter, rows_of
from catalog.models import Review
from orders.models import Coupon, Order, Payment, RefundRequest

MONEY = (
    "order__no",
    "number",
    "status",
    "reason",
    "requested_at",
    "note",
    "points",
    "cash",
    "refunded_at",
)
REVIEW = ("product__name", "stars", "text", "status", "created_at", "answer")


def chapters(user) -> list[Chapter]:
    """Return orders with their lines and addresses, payments, refunds, coupons and reviews."""
    payments = Payment.objects.filter(order__user=user).order_by("pk")
    refunds = RefundRequest.objects.filter(order__user=user).order_by("pk")
    coupons = Coupon.objects.of(user).order_by("pk")
    return [
        Chapter("orders", _("Orders"), _orders(user)),
        Chapter(
            "payments",
            _("Payments"),
            rows_of(payments, "order__no", "provider", "amount", "status", "created_at"),
        ),
        Chapter("refunds", _("Refunds"), rows_of(refunds, *MONEY)),
        Chapter(
            "coupons",
            _("Coupons"),
            rows_of(coupons, "template__name", "state", "granted_at", "expires_at", "used_at"),
        ),
        Chapter("reviews", _("Reviews"), rows_of(Review.objects.of(user).order_by("pk"), *REVIEW)),
    ]


def _orders(user):
    """Yield each order with its lines, a batch of orders at a time."""
    rows = Order.objects.filter(user=user).order_by("pk").prefetch_related("lines")
    for order in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield {
            "no": order.no,
            "status": order.status,
            "points": order.points,
            "cash": order.cash,
            "created_at": order.created_at,
            "paid_at": order.paid_at,
            "address": json.loads(order.address_sealed) if order.address_sealed else None,
            "carrier": order.carrier,
            "tracking_number": order.tracking_number,
            "lines": [_line(line) for line in order.lines.all()],
        }


def _line(line):
    return {
        "names": line.names,
        "quantity": line.quantity,
        "points": line.points,
        "cash": line.cash,
    }
