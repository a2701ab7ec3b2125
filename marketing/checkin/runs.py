"""Days in a row, as arithmetic: which days were missed, and what streak each day has.

Pure Python over the rows of one member (marketing.models.CheckIn: on, streak, adds) in the order
of their days, and the days of an outage. A run goes on over a day of an outage and over a shielded
one without growing; a missed day ends it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


def missed(after: date, before: date, outages: Collection[date]) -> list[date]:
    """Return the days between two days that no outage excuses, the first one first."""
    between = ((after + n * ONE_DAY) for n in range(1, (before - after).days))
    return [day for day in between if day not in outages]


def is_linked(after: date, before: date, outages: Collection[date]) -> bool:
    """Say whether a run goes on from one day to a later one that has a row."""
    between = range(1, (before - after).days)
    return all(after + n * ONE_DAY in outages for n in between)


def drawn(days: Iterable, outages: Collection[date], *, before=None) -> list[int]:
    """Return the streak of each of these rows anew; ``before`` is the row before them, whose own
    streak stands, or None.
    """
    streaks, last, streak = [], before and before.on, before.streak if before else 0
    for day in days:
        carried = streak if last is not None and is_linked(last, day.on, outages) else 0
        streak, last = carried + day.adds, day.on
        streaks.append(streak)
    return streaks


def redrawn(days: Sequence, outages: Collection[date]) -> list:
    """Give the rows of one member their streaks anew, the first one's standing; returns those that
    changed.
    """
    first, rest, changed = days[0], days[1:], []
    for row, streak in zip(rest, drawn(rest, outages, before=first), strict=True):
        if row.streak != streak:
            row.streak = streak
            changed.append(row)
    return changed


def begun_by(on: date, outages: Collection[date]) -> date:
    """Return the latest day before ``on`` that is no outage's: whoever has no row of it has no
    streak on ``on``.
    """
    day = on - ONE_DAY
    while day in outages:
        day -= ONE_DAY
    return day


def around(days: Sequence, on: date, outages: Collection[date]) -> tuple[int, int, date]:
    """Return the streaks that a missed day lies between, of the run that ends just before it and of
    the one that begins just after it (0 where there is none), and the day the latter ends on.
    ``days`` are the rows around it.
    """
    left = next((day for day in reversed(days) if day.on < on), None)
    before = left.streak if left is not None and is_linked(left.on, on, outages) else 0
    after, end = 0, on
    for day in days:
        if day.on > on:
            if not is_linked(end, day.on, outages):
                break
            after, end = day.streak, day.on
    return before, after, end
