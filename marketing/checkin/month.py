"""The month of check-ins as a calendar: what each day was, and what it gave."""

import calendar as months
from dataclasses import dataclass
from datetime import date

from mall.core import clock
from marketing.checkin import outages
from marketing.checkin.runs import ONE_DAY
from marketing.models import CheckIn


@dataclass(frozen=True)
class CalendarDay:
    """One square of the month."""

    on: date
    check_in: CheckIn | None
    is_outage: bool
    is_in_month: bool
    is_today: bool
    is_future: bool


@dataclass(frozen=True)
class Calendar:
    """A month of check-ins as weeks from Monday to Sunday."""

    month: date
    weeks: list
    days: list[CheckIn]
    outages: list[date]
    checked_days: int
    points: int
    previous: date | None
    following: date | None


def days_of(user, month, *, known=None) -> list[CheckIn]:
    """Return a member's days that have a row, of the month that a day lies in, oldest first;
    ``known`` are all from a day before it on, where they were read already.
    """
    first, last = bounds(month)
    if known is not None:
        return [row for row in known if first <= row.on <= last]
    return list(CheckIn.objects.filter(user=user, on__range=(first, last)).order_by("on"))


def calendar(user, month, *, today=None, known=None) -> Calendar:
    """Return the month that a day lies in as a grid; months before the member came or after today's
    have no link. ``known`` as in ``days_of``.
    """
    today = today or clock.today()
    first, last = bounds(month)
    checked = days_of(user, month, known=known)
    by_day, declared = {row.on: row for row in checked}, outages.days()
    weeks = [
        [
            CalendarDay(
                on=day,
                check_in=by_day.get(day),
                is_outage=first <= day <= last and day in declared and day not in by_day,
                is_in_month=first <= day <= last,
                is_today=day == today,
                is_future=day > today,
            )
            for day in week
        ]
        for week in months.Calendar(months.MONDAY).monthdatescalendar(first.year, first.month)
    ]
    return Calendar(
        month=first,
        weeks=weeks,
        days=checked,
        outages=sorted(day for day in declared if first <= day <= last),
        checked_days=sum(row.adds for row in checked),
        points=sum(row.points for row in checked),
        previous=(first - ONE_DAY).replace(day=1)
        if first > clock.day_of(user.date_joined)
        else None,
        following=last + ONE_DAY if last < today else None,
    )


def bounds(month) -> tuple[date, date]:
    """Return the first and the last day of the month that a day lies in."""
    first = month.replace(day=1)
    return first, first.replace(day=months.monthrange(first.year, first.month)[1])
