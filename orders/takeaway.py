"""What orders hands over when members take their data along; reviews come from here, too: goods
know no members.
"""

import json

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.export import ROWS_AT_ONCE, Chapter, rows_of
from catalog.models import Product, Review
from orders.models import (
    BasketLine,
    Coupon,
    Order,
    Payment,
    RefundRequest,
    Registration,
    SeenGoods,
    StockAlert,
    Wish,
)

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
BASKET = ("sku__product__name", "sku__name", "quantity", "is_saved", "added_at")
WISH = ("product__name", "is_goal", "added_at")
LOT = ("item__sku__product__name", "number", "state", "points", "registered_at")
ALERT = ("sku__product__name", "sku__name", "asked_at")
REVIEW = ("product__name", "stars", "text", "status", "created_at", "answer")


def chapters(user) -> list[Chapter]:
    """Return orders with their lines and addresses, payments, refunds, coupons, the basket and what
    stands around it, and reviews.
    """
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
        Chapter("lots", _("Registrations for lots"), rows_of(_own(Registration, user), *LOT)),
        Chapter("basket", _("Basket"), rows_of(_own(BasketLine, user), *BASKET)),
        Chapter("wishes", _("Wish list"), rows_of(_wishes(user), *WISH)),
        Chapter(
            "stock_alerts", _("Back-in-stock notices"), rows_of(_own(StockAlert, user), *ALERT)
        ),
        Chapter("recently_seen", _("Recently seen"), _seen(user)),
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


def _own(model, user):
    return model.objects.filter(user=user).order_by("pk")


def _wishes(user):
    return _own(Wish, user).annotate(is_goal=Q(goal_of__isnull=False))


def _seen(user):
    """Yield what the member looked at; what only a browser noted is there."""
    kept = SeenGoods.objects.filter(pk=user.pk).first()
    ids = kept.products if kept else []
    names = dict(Product.objects.filter(pk__in=ids).values_list("pk", "name"))
    yield from ({"product": names.get(pk, str(pk))} for pk in ids)
