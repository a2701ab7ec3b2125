"""Points an order earns: promised when it is paid, waiting from its receipt on, taken back as it is
refunded.

A purchase earns by the yuan of goods paid with cash: nothing on freight, nothing on what points
paid (trap 9). The first order of a member earns a bonus, each later one that was paid with cash
another; which one is first is a matter of when they were paid (docs/decisions/0033). How much is
the rules' matter (points/rules.py); here stands which fact happened.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q

from accounts import persons
from mall.core.events import Event
from orders.models import Order
from orders.refunds import terms as refund_terms
from points import grants
from points.models import Grant

STANDING = ("no", "user_id", "status", "completed_at", "refunded_at", "refunded_pieces")


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Points an order will bring: how many, and when the last of them arrive (None: once it is
    received).
    """

    points: int
    arrives_at: datetime | None


def promise(event: Event) -> None:
    """Promise what a paid order earned when it was paid, less what has been undone since; one that
    has arrived meanwhile begins to wait at once. Idempotent by the order's number.
    """
    order = _as_it_stands(event)
    cash = Decimal(event.data["cash"]) - Decimal(event.data["freight"])
    bonus = None
    if order.was_first:
        # A second account of one person begins anew, but not with another bonus for beginning.
        bonus = "first_order" if persons.is_first(event.member) else None
    elif cash:
        bonus = "repurchase"
    earned = [grants.Earned("purchase", f"{event.reference}:purchase", cash)] if cash else []
    if bonus:
        earned.append(grants.Earned(bonus, f"{event.reference}:{bonus}"))
    if not earned:
        return
    new = grants.promise_all(event.member, earned, reference=event.reference, at=event.at)
    if new and order.completed_at is not None:
        grants.confirm(event.reference, at=order.completed_at)
    if new and (share := refund_terms.share_undone(order)):
        take_back(order, share=share, key=f"{event.reference}:earned:late")


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


def _as_it_stands(event) -> Order:
    """Return the event's order with ``was_first``: no other order of the member had been paid
    before (by the time, then the id) and not been undone by then. What becomes of the others later
    does not matter, so it does not matter either when this is asked.
    """
    then = OuterRef("paid_at")
    before = Q(paid_at__lt=then) | Q(paid_at=then, pk__lt=OuterRef("pk"))
    kept = Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=then)
    kept &= Q(refunded_at__isnull=True) | Q(refunded_at__gt=then)
    others = Order.objects.filter(before, kept, user_id=OuterRef("user_id"))
    stands = Order.objects.annotate(was_first=~Exists(others)).only(*STANDING)
    return stands.get(pk=event.data["order"])
