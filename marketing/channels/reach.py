"""How often a member is written to about offers: so many messages a day and in seven days, over
all channels. The member's row is their lock, so two sweeps never pass the number together.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from mall.core import clock, quiet_hours, rows
from mall.core.transactions import transactional
from marketing.models import ContactPolicy, Reach

WEEK = timedelta(days=7)


@transactional
def take(user_ids: Iterable[int], *, on: date | None = None) -> set[int]:
    """Count one message about offers for each member who may get one on the shop day ``on``;
    returns those.
    """
    wanted, on = sorted(set(user_ids)), on or clock.today()
    if not wanted:
        return set()
    policy = ContactPolicy.current()
    # An upsert that changes nothing: an INSERT that passes over rows that are there shares their
    # lock, and two that share it deadlock as soon as both want to write.
    rows.write_over([Reach(pk=pk) for pk in wanted], "user_id")
    found = list(Reach.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    reached = []
    for row in found:
        row.days = [day for day in row.days if day > (on - WEEK).isoformat()]
        if len(row.days) < policy.per_week and row.days.count(on.isoformat()) < policy.per_day:
            row.days.append(on.isoformat())
            reached.append(row)
    rows.write_over(reached, "days")
    return {row.pk for row in reached}


def next_chance(now: datetime) -> datetime:
    """Return when an offer that is too much today is looked at again: the next morning."""
    return quiet_hours.by_day(clock.start_of(clock.day_of(now) + timedelta(days=1)))
