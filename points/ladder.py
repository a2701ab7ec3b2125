"""The ladder of tiers: pure arithmetic of days and numbers. Points count until the day before their
anniversary.

Source: docs/product.md "Tiers".
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

GRACE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member stands: the tier, since when, and until when it is kept although the points no
    longer suffice.
    """

    level: int = 1
    since: date | None = None
    grace_until: date | None = None


def leaves_on(day: date) -> date:
    """Return the shop day on which points credited on ``day`` stop counting; those of 29 February
    on 1 March.
    """
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def first_counted(on: date) -> date:
    """Return the first shop day whose points still count on ``on``."""
    try:
        last_year = on.replace(year=on.year - 1)
    except ValueError:
        last_year = date(on.year - 1, 2, 28)
    return last_year + timedelta(days=1)


def assess(place: Place, credited: int, thresholds: list[int], *, on: date) -> Place:
    """Return where a member stands on a shop day with so many points.

    The grace begins on the day the shop notices, so a late job never costs a member a day.
    """
    earned = max(1, bisect_right(thresholds, credited))
    if earned > place.level:
        return Place(earned, on)
    if earned == place.level:
        return Place(place.level, place.since or on)
    if place.grace_until is None:
        return Place(place.level, place.since, on + timedelta(days=GRACE_DAYS))
    if on <= place.grace_until:
        return place
    below = place.level - 1
    return Place(below, on, on + timedelta(days=GRACE_DAYS) if earned < below else None)


def due_on(place: Place, days: dict[date, int], thresholds: list[int]) -> date | None:
    """Return the day on which time alone may change a place: its grace is over, or the points that
    carry it leave the year.
    """
    if place.grace_until:
        return place.grace_until + timedelta(days=1)
    left = sum(days.values())
    for day in sorted(days):
        left -= days[day]
        if left < thresholds[place.level - 1]:
            return leaves_on(day)
    return None
