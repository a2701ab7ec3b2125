"""Points an order earns: promised when it is paid, waiting from its receipt on, taken back as it is
refunded.

A purchase earns by the yuan of goods paid with cash: nothing on freight, nothing on what points
paid (trap 9). The first order of a member earns a bonus, each later one that was paid with cash
another. How much is the rules' matter (points/rules.py); here stands which fact happened.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from accounts import persons
from orders.models import Order
from points import grants
from points.models import Grant

LIVE = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Points an order will bring: how many, and when the last of them arrive (None: once it is
    received).
    """

    points: int
    arrives_at: datetime | None


def promise(order) -> None:
    """Promise what a paid order earns; idempotent by the order's number."""
    paid = goods_cash(order)
    if paid:
        grants.promise(
            order.user_id,
            "purchase",
            amount=paid,
            key=f"{order.reference}:purchase",
            reference=order.reference,
        )
    if _is_first(order):
        # A second account of one person begins anew, but not with another bonus for beginning.
        if persons.is_first(order.user_id):
            grants.promise(
                order.user_id,
                "first_order",
                key=f"{order.reference}:first_order",
                reference=order.reference,
            )
    elif paid:
        grants.promise(
            order.user_id,
            "repurchase",
            key=f"{order.reference}:repurchase",
            reference=order.reference,
        )


def confirm(order) -> None:
    """Start the waiting time of a completed order's points."""
    grants.confirm(order.reference, at=order.completed_at)


def take_back(order, *, share: Fraction, key: str) -> grants.TakenBack:
    """Take back what an order earned on the part refunded so far (0 to 1, cumulative); idempotent
    by ``key``.
    """
    return grants.take_back(order.user_id, reference=order.reference, share=share, key=key)


def preview_take_back(order, *, share: Fraction) -> grants.TakenBack:
    """Return what ``take_back`` would take now."""
    return grants.preview_take_back(order.user_id, reference=order.reference, share=share)


def on_the_way(order) -> OnTheWay | None:
    """Return the points of an order that have not arrived yet; None when there are none."""
    promised = Grant.objects.filter(
        account_id=order.user_id, reference=order.reference, status=Grant.Status.PENDING
    )
    left = [(grant.left, grant.matures_at) for grant in promised if grant.left]
    if not left:
        return None
    days = [at for _points, at in left if at is not None]
    return OnTheWay(
        sum(points for points, _at in left), max(days) if len(days) == len(left) else None
    )


def goods_cash(order) -> Decimal:
    """Return the yuan of an order that pay for goods."""
    return order.cash - order.freight


def _is_first(order) -> bool:
    """Say whether the member has no other order that was paid and not undone; under the member's
    lock.
    """
    others = Order.objects.filter(
        user_id=order.user_id, status__in=LIVE, refunded_at__isnull=True
    ).exclude(pk=order.pk)
    return not others.exists()
