"""Points an order earns: promised when it is paid, waiting from its receipt on, taken back as it is
refunded.

A purchase earns by the yuan of goods paid with cash: nothing on freight, nothing on what points
paid (trap 9). The first order of a member earns a bonus, each later one that was paid with cash
another; which one is first is a matter of when they were paid (docs/decisions/0033). How much is
the rules' matter (points/rules.py); here stands which fact happened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects

from accounts import persons
from mall.core.events import Event
from orders.models import Order
from orders.models.order import GIFT
from orders.refunds import terms as refund_terms
from points import grants
from points.models import Grant

STANDING = ("no", "user_id", "key", "status", "completed_at", "refunded_at", "refunded_pieces")


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """Points an order will bring: how many, and when the last of them arrive (None: once it is
    received).
    """

    points: int
    arrives_at: datetime | None


def promise(events: list[Event]) -> None:
    """Promise what paid orders earned when they were paid, less what has been undone since; what
    has arrived meanwhile begins to wait at once. Idempotent by the orders' numbers.
    """
    orders = _as_they_stand(events)
    events = [event for event in events if not orders[event.data["no"]].is_gift]
    # A second account of one person begins anew, but not with another bonus for beginning.
    bought = [order for order in orders.values() if not order.is_gift]
    beginning = {order.user_id for order in bought if order.was_first}
    first_accounts = persons.first_accounts(beginning) if beginning else set()
    stands = ((event, orders[event.data["no"]]) for event in events)
    earned = [one for event, order in stands for one in _earned(event, order, first_accounts)]
    if not earned:
        return
    new = {grant.reference for grant in grants.promise_all(earned)}
    late = [order for order in orders.values() if order.reference in new]
    arrived = {one.reference: one.completed_at for one in late if one.completed_at is not None}
    if arrived:
        grants.confirm_all({one.user_id for one in late}, arrived)
    prefetch_related_objects([one for one in late if one.refunded_pieces], "lines")
    undone = [(one, refund_terms.share_undone(one)) for one in late]
    back = [_undone(one.user_id, one.reference, share, "late") for one, share in undone if share]
    if back:
        grants.take_back_all(back)


def confirm(events: list[Event]) -> None:
    """Start the waiting time of completed orders' points."""
    received = {event.reference: event.at for event in events}
    grants.confirm_all({event.member for event in events}, received)


def take_back_all(events: list[Event]) -> None:
    """Take back what cancelled orders would have earned."""
    whole = Fraction(1)
    grants.take_back_all(
        [_undone(event.member, event.reference, whole, "cancelled") for event in events]
    )


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


def _earned(event, order, first_accounts) -> Iterator[grants.Earned]:
    cash = Decimal(event.data["cash"]) - Decimal(event.data["freight"])
    bonus = "repurchase" if cash else None
    if order.was_first:
        bonus = "first_order" if event.member in first_accounts else None
    if cash:
        yield _promised(event, "purchase", cash)
    if bonus:
        yield _promised(event, bonus)


def _promised(event, action, amount=None) -> grants.Earned:
    key = f"{event.reference}:{action}"
    return grants.Earned(event.member, action, key, event.reference, event.at, amount)


def _undone(user_id, reference, share, why) -> grants.Undone:
    return grants.Undone(user_id, reference, share, key=f"{reference}:earned:{why}")


def _as_they_stand(events) -> dict[str, Order]:
    """Return the events' orders by number, each with ``was_first``: no other order of the member
    had been paid before (by the time, then the id) and not been undone by then. What becomes of
    the others later does not matter, so it does not matter either when this is asked.
    """
    then = OuterRef("paid_at")
    before = Q(paid_at__lt=then) | Q(paid_at=then, pk__lt=OuterRef("pk"))
    kept = Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=then)
    kept &= Q(refunded_at__isnull=True) | Q(refunded_at__gt=then)
    others = Order.objects.filter(before, kept, user_id=OuterRef("user_id"))
    others = others.exclude(key__startswith=GIFT)
    stands = Order.objects.annotate(was_first=~Exists(others)).only(*STANDING)
    return stands.in_bulk([event.data["no"] for event in events], field_name="no")
