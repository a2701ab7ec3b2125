"""Own actions of members, one row per member, shop day and action.

A sign-in leaves no row of its own and is recorded as it happens, and so is a reward somebody
collects. Check-ins, orders and reviews stand in their own tables: they are gathered from there, so
a redemption does not pay a statement for a report, and a lost row heals at the next roll-up.
"""

from datetime import date

from catalog.models import Review
from mall.core import clock
from mall.core.events import Event
from mall.core.transactions import transactional
from marketing.models import CheckIn, DailyActivity
from orders.models import Order

BATCH = 500
Action = DailyActivity.Action


def record(user_id, on, action):
    """Write down that a member did something of their own on a shop day; the same again changes
    nothing.
    """
    _record([DailyActivity(user_id=user_id, on=on, action=action)])


def record_sign_in(events: list[Event]) -> None:
    """Write down that members came in, on the day they did."""
    _record(
        [
            DailyActivity(
                user_id=event.member,
                on=date.fromisoformat(event.data["on"]),
                action=Action.SIGN_IN,
            )
            for event in events
        ]
    )


@transactional
def _record(rows):
    DailyActivity.objects.bulk_create(rows, ignore_conflicts=True)


def gather(day) -> int:
    """Write down everybody's check-ins, orders and reviews of a shop day; returns how many rows
    were missing.
    """
    within = {"created_at__gte": clock.start_of(day), "created_at__lt": clock.end_of(day)}
    sources = {
        Action.CHECK_IN: CheckIn.objects.filter(on=day, kind=CheckIn.Kind.CHECKED),
        Action.ORDER: Order.objects.filter(**within),
        # The states are named because the index begins with them.
        Action.REVIEW: Review.objects.filter(status__in=Review.Status.values, **within),
    }
    return sum(
        _complete(day, action, rows.order_by().values_list("user_id", flat=True).distinct())
        for action, rows in sources.items()
    )


@transactional
def _complete(day, action, user_ids):
    known = set(
        DailyActivity.objects.filter(on=day, action=action).values_list("user_id", flat=True)
    )
    missing = sorted(set(user_ids) - known)
    rows = [DailyActivity(user_id=user_id, on=day, action=action) for user_id in missing]
    DailyActivity.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    return len(rows)
