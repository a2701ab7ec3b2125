"""How many points will never be used: a forecast by what is left of each lot, its error on months
that are over, and which part of it may be taken as revenue already. Pure arithmetic.

Method: chain ladder by the months that are left. What is owed of the points that end in a month,
times the share that members of the last WINDOW months left unused in a month so far from the end,
month by month until it ends. It knows what is still there, which "the same share as last year" does
not. Source: Mack, "Distribution-free calculation of the standard error of chain ladder reserve
estimates" (1993), with columns counted backwards from the end.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from marketing.analytics.lots import NEVER, months_between, months_on

WINDOW = 12  # months whose members speak
AHEAD = 2  # month-ends before a month's points are gone, so a month of spending lies between
TRIED = 6  # months whose error is told
YEAR = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """What became in ``month`` of the points that end in ``ends``."""

    month: date
    ends: date
    issued: int = 0
    used: int = 0
    expired: int = 0
    other: int = 0

    @property
    def change(self) -> int:
        return self.issued - self.used - self.expired + self.other


@dataclass
class Ladder:
    """The cells up to the month ``last``, that one included, as somebody knew them then."""

    cells: list[Cell]
    last: date
    by_end: dict = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self):
        self.cells = [cell for cell in self.cells if cell.month <= self.last]
        for cell in self.cells:
            self.by_end[cell.ends].append(cell)

    def left(self, ends: date, month: date | None = None) -> int:
        """Return what is left at the end of ``month`` (default: the last) of what ends then."""
        month = month or self.last
        return sum(cell.change for cell in self.by_end.get(ends, ()) if cell.month <= month)

    def of(self, ends: date, column: str) -> int:
        """Return the sum of a column over all months of what ends in one."""
        return sum(getattr(cell, column) for cell in self.by_end.get(ends, ()))

    def ahead(self) -> list[date]:
        """Return the months to come in which points end, the next first."""
        return sorted(ends for ends in self.by_end if self.last < ends < NEVER)


def forecast(ladder: Ladder) -> dict[date, float]:
    """Return {month to come: points expected to expire in it, of those owed now}."""
    kept = kept_shares(ladder)
    expected = {}
    for ends in ladder.ahead():
        points = float(max(0, ladder.left(ends)))
        for left in range(months_between(ladder.last, ends) - 1, -1, -1):
            points *= kept.get(left, 1.0)
        expected[ends] = points
    return expected


def kept_shares(ladder: Ladder) -> dict[int, float]:
    """Return {months left: share of what was there a month before that is unused}, by the WINDOW
    months up to the last; of one that nobody has seen yet nothing is said.
    """
    before, after = defaultdict(int), defaultdict(int)
    for left, there, gone in _seen(ladder):
        before[left] += there
        after[left] += max(0, there - gone)
    return {left: min(1.0, after[left] / points) for left, points in before.items()}


def _seen(ladder):
    """Yield (months left, points there, points gone by use) of each month of the window and each
    month in which points end.
    """
    since = months_on(ladder.last, 1 - WINDOW)
    for ends, cells in ladder.by_end.items():
        there, by_month = 0, {cell.month: cell for cell in cells}
        month = min(by_month)
        while ends != NEVER and month <= min(ladder.last, ends):
            cell = by_month.get(month, Cell(month, ends))
            if month >= since and there > 0:
                yield months_between(month, ends), there, cell.used - cell.other
            there += cell.change
            month = months_on(month, 1)


@dataclass(frozen=True, slots=True)
class Tried:
    """A month that is over: what expired, and what was said AHEAD month-ends before by the forecast
    and by "the same share as last year" (None: there was no last year).
    """

    month: date
    expired: int
    said: float | None
    as_last_year: float | None


def try_back(cells: Iterable[Cell], last: date, *, months: int = TRIED) -> list[Tried]:
    """Forecast the latest months that are over from what was known AHEAD months before each."""
    cells, told = list(cells), []
    everything = Ladder(cells, last)
    for n in range(months - 1, -1, -1):
        month = months_on(last, -n)
        known = Ladder(cells, months_on(month, -AHEAD))
        said = forecast(known).get(month)
        expired = sum(cell.expired for cell in everything.cells if cell.month == month)
        told.append(Tried(month, expired, said, _as_last_year(known, month)))
    return told


def _as_last_year(known: Ladder, month: date) -> float | None:
    """Return the points of a month times the share of last year's that expired."""
    past = months_on(month, -YEAR)
    given = known.of(past, "issued")
    return known.of(month, "issued") * known.of(past, "expired") / given if given > 0 else None


def error_of(tried: list[Tried], name: str) -> float | None:
    """Return the sum of the misses of ``said`` or ``as_last_year`` by what expired; None where
    nothing can be compared.
    """
    pairs = [(getattr(one, name), one.expired) for one in tried]
    expired = sum(actual for said, actual in pairs if said is not None)
    if not expired:
        return None
    return sum(abs(said - actual) for said, actual in pairs if said is not None) / expired


@dataclass(frozen=True, slots=True)
class Cohort:
    """The points of one month of issue: what became of them, and what is expected of the rest."""

    month: date
    issued: int
    used: float
    expired: float
    left: float
    expected: float

    @property
    def share(self) -> float | None:
        """The share that is expected never to be used, in the end."""
        return (self.expired + self.expected) / self.issued if self.issued else None


def cohorts(ladder: Ladder) -> list[Cohort]:
    """Return the months of issue, the earliest first. Where points of several months end together
    nobody knows whose were used, so each month bears its share of them.
    """
    expected, sums = forecast(ladder), defaultdict(lambda: [0, 0.0, 0.0, 0.0, 0.0])
    for ends in ladder.by_end:
        given = ladder.of(ends, "issued")
        fates = (
            ladder.of(ends, "used"),
            ladder.of(ends, "expired"),
            ladder.left(ends),
            expected.get(ends, 0.0),
        )
        for cell in ladder.by_end[ends]:
            if cell.issued:
                row = sums[cell.month]
                row[0] += cell.issued
                for place, points in enumerate(fates, 1):
                    row[place] += points * cell.issued / given
    return [Cohort(month, *numbers) for month, numbers in sorted(sums.items())]


def ahead_of_expiry(ladder: Ladder) -> float:
    """Return the points of expected breakage that count as revenue by now beyond those that
    expired: in proportion to how far each month's points were used (IFRS 15, B46).
    """
    points, expected = 0.0, forecast(ladder)
    for ends in ladder.by_end:
        used, expired = ladder.of(ends, "used"), ladder.of(ends, "expired")
        in_the_end = used + ladder.left(ends) - expected.get(ends, 0.0)
        if ends == NEVER or used <= 0 or in_the_end <= 0:
            continue
        earned = (expired + expected.get(ends, 0.0)) * min(1.0, used / in_the_end)
        points += max(0.0, earned - expired)
    return points
