"""Points an order earns: promised when it is paid, waiting from its receipt on, taken back as it is
refunded.

A purchase earns by the yuan of goods paid with cash: nothing on freight, nothing on what points
paid (trap 9). The first order of a member earns a bonus, each later one that was paid with cash
another; which one is first is a matter of when they were paid (docs/decisions/0033). How much is
the rules' matter (points/rules.py); here stands which fact happened.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects

from accounts import persons
from catalog import category_tree
from mall.core.events import Event
from orders.events import ORDER_PAID
from orders.models import Order, OrderLine
from orders.models.order import GIFT
from orders.refunds import terms as refund_terms
from points import event_rows, grants, past_facts, rulebook
from points.models import Grant
from points.rules import Thing

ACTIONS = ("purchase", "first_order", "repurchase")
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
    earned = _facts_of(events, orders)
    if not earned:
        return
    new = {grant.reference for grant in grants.promise_all(earned)}
    late = [order for order in orders.values() if order.reference in new]
    arrived = {one.reference: one.completed_at for one in late if one.completed_at is not None}
    if arrived:
        grants.confirm_all({one.user_id for one in late}, arrived)
    undone = [one for one in late if refund_terms.is_any_undone(one)]
    prefetch_related_objects(undone, "lines")
    back = [
        _undone(
            one.user_id, one.reference, share, "late", refund_terms.kept_of(one.lines.all(), {})
        )
        for one in undone
        if (share := refund_terms.share_undone(one))
    ]
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


def take_back(
    order, *, share: Fraction, kept: Mapping[str, Fraction], key: str
) -> grants.TakenBack:
    """Take back what an order earned on the part refunded so far (0 to 1, cumulative; ``kept`` says
    what stays of each line); idempotent by ``key``.
    """
    words = {"reference": order.reference, "share": share, "kept": kept, "key": key}
    return grants.take_back(order.user_id, **words)


def preview_take_back(order, *, share: Fraction, kept: Mapping[str, Fraction]) -> grants.TakenBack:
    """Return what ``take_back`` would take now."""
    words = {"reference": order.reference, "share": share, "kept": kept}
    return grants.preview_take_back(order.user_id, **words)


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


def happened(
    action: str, members: list[int], since: date, until: date
) -> list[grants.Earned] | None:
    """Return what orders that were paid on some shop days earned, by one of their actions."""
    if action not in ACTIONS:
        return None
    events = [
        event_rows.as_fact(row) for row in past_facts.events_of(ORDER_PAID, members, since, until)
    ]
    return [one for one in _facts_of(events, _as_they_stand(events)) if one.action == action]


def _facts_of(events, orders) -> list[grants.Earned]:
    """Return what paid orders earn, whatever became of them since; what was won earns nothing."""
    events = [event for event in events if not orders[event.data["no"]].is_gift]
    bought = [order for order in orders.values() if not order.is_gift]
    # A second account of one person begins anew, but not with another bonus for beginning.
    beginning = {order.user_id for order in bought if order.was_first}
    first_accounts = persons.first_accounts(beginning) if beginning else set()
    things = things_of(bought) if rulebook.is_any_for_categories() else {}
    return [
        one
        for event in events
        for one in _earned(event, orders[event.data["no"]], first_accounts, things)
    ]


def _earned(event, order, first_accounts, things) -> Iterator[grants.Earned]:
    cash = Decimal(event.data["cash"]) - Decimal(event.data["freight"])
    bonus = "repurchase" if cash else None
    if order.was_first:
        bonus = "first_order" if event.member in first_accounts else None
    about = tuple(things.get(order.pk, ()))
    if cash:
        yield _promised(event, "purchase", cash, about)
    if bonus:
        yield _promised(event, bonus, cash, about)


def _promised(event, action, amount, things) -> grants.Earned:
    key = f"{event.reference}:{action}"
    fact = (event.member, action, key, event.reference, event.at)
    return grants.Earned(*fact, amount=amount, things=things)


def things_of(orders: Iterable[Order]) -> dict[int, list[Thing]]:
    """Return what orders are about, by their ids: the cash and the categories of each line."""
    lines = OrderLine.objects.filter(order__in=[order.pk for order in orders]).order_by("pk")
    around, found = category_tree.around(), defaultdict(list)
    for order, pk, cash, category in lines.values_list(
        "order_id", "pk", "cash", "product__category_id"
    ):
        found[order].append(Thing(around.get(category, frozenset()), cash, str(pk)))
    return found


def _undone(user_id, reference, share, why, kept=None) -> grants.Undone:
    return grants.Undone(
        user_id, reference, share, key=f"{reference}:earned:{why}", kept=kept or {}
    )


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
