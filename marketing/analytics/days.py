"""Who did something themselves on a shop day, live and imported facts together: one row per person
and day.

A person is a member, or minus the number of a customer of the earlier shop whom nobody has linked
to a member yet. *Orders* are completed ones, dated by the day they were placed and counted by what
is known of them now: cancelled and wholly refunded orders are none.
"""

from collections import Counter
from datetime import date

from django.db.models import Case, F, Q, When

from mall.core import clock
from mall.core.events import Event
from mall.core.transactions import transactional
from marketing.models import DailyActivity, HistoryOrder, LateDay, MemberDay
from orders.models import Order

BATCH = 1_000
ORDER = DailyActivity.Action.ORDER
# Completed orders of this shop of which the member kept something.
KEPT = Q(status=Order.Status.COMPLETED, refunded_at__isnull=True)
PERSON = Case(When(customer__user__isnull=False, then=F("customer__user")), default=-F("customer"))


def persons_of(day: date) -> dict:
    """Return {person: completed orders placed that day} of everybody who was active on a shop day,
    from the facts.
    """
    counted = Counter(
        dict.fromkeys(
            DailyActivity.objects.filter(on=day).values_list("user_id", flat=True).distinct(), 0
        )
    )
    bought = Order.objects.purchases().filter(
        KEPT, created_at__gte=clock.start_of(day), created_at__lt=clock.end_of(day)
    )
    counted.update(bought.order_by().values_list("user_id", flat=True).iterator())
    for person, status in (
        HistoryOrder.objects.filter(on=day).order_by().values_list(PERSON, "status").iterator()
    ):
        counted[person] += status == HistoryOrder.Status.COMPLETED
    return counted


@transactional
def fill(day: date) -> int:
    """Bring the rows of a shop day in line with the facts, writing only what differs; returns how
    many persons came.
    """
    wanted = persons_of(day)
    rows = MemberDay.objects.filter(on=day)
    known = dict(rows.values_list("person", "orders"))
    gone = [person for person in known if person not in wanted]
    # A changed row is written anew: two workers counting one day may both do so, and the later one
    # is as right.
    stale = gone + [
        person for person, orders in wanted.items() if known.get(person, orders) != orders
    ]
    fresh = sorted(person for person, orders in wanted.items() if known.get(person) != orders)
    for batch in _batches(stale):
        rows.filter(person__in=batch).delete()
    for batch in _batches(fresh):
        MemberDay.objects.bulk_create(
            [MemberDay(person=person, on=day, orders=wanted[person]) for person in batch],
            ignore_conflicts=True,
        )
    return len(wanted)


def mark_late(days) -> None:
    """Have past shop days counted again, in the transaction that changed their facts; today is
    counted anyway.
    """
    today = clock.today()
    LateDay.objects.bulk_create(
        [LateDay(on=day) for day in sorted(set(days)) if day < today], batch_size=BATCH
    )


def count_again(events: list[Event]) -> None:
    """Have the days counted again on which orders were placed that have moved since."""
    mark_late({date.fromisoformat(event.data["placed_on"]) for event in events})


def _batches(rows):
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
