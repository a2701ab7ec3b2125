"""Who will redeem again within the next ninety days: how many, who, and how wrong we were before.

How many: the share of the last ninety days is the share of the next. It was off by 3 points in the
mean of seven dates of three shops, no worse than dearer models; before a season every one is off by
7 to 11, so what is said carries a band: the largest of the misses that the same saying would have
had in the periods before (LEAST_BAND with fewer than ENOUGH_PERIODS of them).

Who: the table of the last period, by how long ago the last redemption was and how many there were:
the share of each cell that redeemed again, in three words. A "probability to be alive" is exactly 1
for everybody who bought once, and ranked people the wrong way round.

Orders are those that reports call completed, dated by the day they were placed. People whose first
known order lies in the first ninety days may have bought earlier, unknown to us: they are said.
Source: docs/decisions/0105-forecasts-with-their-own-error.md.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

HORIZON_DAYS = 90
HORIZON = timedelta(days=HORIZON_DAYS)
MOST_PERIODS = 9  # looked back at
ENOUGH_PERIODS, LEAST_BAND = 4, 0.10
RECENCY_EDGES = (14, 30, 60, 90, 180, 365)  # days since the last order, up to and including
COUNT_EDGES = (1, 2, 4, 9)  # orders
FEW = 20  # people of a cell: fewer borrow from the whole
LIKELY, UNLIKELY = 0.5, 0.2  # at least, and below


class Chance(StrEnum):
    """How likely somebody redeems again within the horizon."""

    LIKELY = "likely"
    MAYBE = "maybe"
    UNLIKELY = "unlikely"


def chance_of(share: float) -> Chance:
    """Return the word for a share."""
    if share >= LIKELY:
        return Chance.LIKELY
    return Chance.UNLIKELY if share < UNLIKELY else Chance.MAYBE


def cell_of(bought: list[date], on: date) -> str:
    """Return the cell of somebody who placed orders on these days, in order, as of a day: which
    group of days since the last and which of their number, ``"2.0"``.
    """
    known = bisect_right(bought, on)
    passed = (on - bought[known - 1]).days
    return f"{_group(passed, RECENCY_EDGES)}.{_group(known, COUNT_EDGES)}"


def _group(value, edges) -> int:
    return next((place for place, edge in enumerate(edges) if value <= edge), len(edges))


@dataclass
class Period:
    """The people known at its start, and how many of them redeemed within it."""

    people: int = 0
    again: int = 0

    def count(self, bought: list[date], start: date) -> bool:
        """Count somebody known by a day; return whether they redeemed in the ninety days after."""
        came = bisect_right(bought, start + HORIZON) > bisect_right(bought, start)
        self.people += 1
        self.again += came
        return came

    @property
    def share(self) -> float | None:
        return self.again / self.people if self.people else None


@dataclass
class Census:
    """What one walk over everybody's orders tells, as of the end of a shop day: sums only, never
    the people. ``periods[0]`` is the last ninety days, ``periods[1]`` those before, and so on;
    ``waiting`` are others that somebody asks about, by the day before their first.
    """

    as_of: date
    waiting: dict[date, Period] = field(default_factory=dict)
    people: int = 0
    periods: list[Period] = field(
        default_factory=lambda: [Period() for _n in range(MOST_PERIODS + 1)]
    )
    before: dict[str, Period] = field(default_factory=dict)  # the last period, by cell at its start
    now: Counter = field(default_factory=Counter)  # people by cell
    firsts: Counter = field(default_factory=Counter)  # people by the day of their first order

    def take(self, days: list[tuple[date, int]]) -> None:
        """Take in one person's days up to ``as_of``, [(day, completed orders)], in order."""
        bought = [day for day, orders in days if orders]
        if not bought:
            return
        self.people += 1
        self.firsts[bought[0]] += 1
        self.now[cell_of(bought, self.as_of)] += 1
        for number, period in enumerate(self.periods):
            start = self.as_of - (number + 1) * HORIZON
            if bought[0] > start:
                break
            came = period.count(bought, start)
            if number == 0:
                cell = self.before.setdefault(cell_of(bought, start), Period())
                cell.people += 1
                cell.again += came
        for start, period in self.waiting.items():
            if bought[0] <= start:
                period.count(bought, start)


@dataclass(frozen=True)
class Forecast:
    """What is said as of a day: people, shares 0…1. ``chances`` are {cell: share that redeems
    again}, ``now`` {cell: people}, ``misses`` what the same saying missed by in the periods before,
    the newest first; ``censored`` people may have bought earlier, unknown to us.
    """

    as_of: date
    people: int
    share: float
    band: float
    misses: list[float]
    chances: dict[str, float]
    now: dict[str, int]
    censored: int

    @property
    def expected(self) -> int:
        return round(self.people * self.share)

    @property
    def bounds(self) -> tuple[int, int]:
        """Return between how many people that is, out of all there are."""
        low, high = max(0.0, self.share - self.band), min(1.0, self.share + self.band)
        return round(self.people * low), round(self.people * high)


def say(census: Census) -> Forecast | None:
    """Return what is to be expected; None while nobody has been known for ninety days."""
    last = census.periods[0].share
    if last is None:
        return None
    shares = [period.share for period in census.periods if period.share is not None]
    misses = [later - earlier for later, earlier in zip(shares, shares[1:], strict=False)]
    largest = max(map(abs, misses), default=LEAST_BAND)
    band = largest if len(misses) >= ENOUGH_PERIODS else max(largest, LEAST_BAND)
    until = min(census.firsts) + HORIZON
    return Forecast(
        census.as_of,
        census.people,
        last,
        band,
        misses,
        {cell: share_of(census.before, cell, last) for cell in census.now.keys() | census.before},
        dict(census.now),
        sum(people for first, people in census.firsts.items() if first < until),
    )


def share_of(cells: dict[str, Period], cell: str, whole: float) -> float:
    """Return the share of a cell that redeemed again; few people borrow from the whole."""
    known = cells.get(cell, Period())
    return (known.again + FEW * whole) / (known.people + FEW)
