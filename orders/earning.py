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
from mall.core.events import Event
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


def promise(event: Event) -> None:
    """Promise what a paid order earns; idempotent by the order's number."""
    cash = Decimal(event.data["cash"]) - Decimal(event.data["freight"])
    if cash:
        _promise(event, "purchase", amount=cash)
    if _is_first(event):
        # A second account of one person begins anew, but not with another bonus for beginning.
        if persons.is_first(event.member):
            _promise(event, "first_order")
    elif cash:
        _promise(event, "repurchase")


def _promise(event, action, **terms):
    key = f"{event.reference}:{action}"
    return grants.promise(event.member, action, key=key, reference=event.reference, **terms)


def confirm(event: Event) -> None:
    """Start the waiting time of a completed order's points."""
    grants.confirm(event.reference, at=event.at)


def take_back_all(event: Event) -> None:
    """Take back what a cancelled order would have earned."""
    key = f"{event.reference}:earned:cancelled"
    grants.take_back(event.member, reference=event.reference, share=Fraction(1), key=key)


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


def _is_first(event) -> bool:
    """Say whether the member has no other order that was paid and not undone; under the member's
    lock.
    """
    others = Order.objects.filter(
        user_id=event.member, status__in=LIVE, refunded_at__isnull=True
    ).exclude(pk=event.data["order"])
    return not others.exists()
