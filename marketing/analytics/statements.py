"""Month-end statements: a month is closed once and never changes. The only writer of
MonthStatement.

What the books hold up to the month's last day is read in one statement; a statement is that, less
what all earlier statements said. So the sum of all statements is always what the books said when
the latest was made, and what was posted later with a day of a closed month stands in the next one.

Source: docs/decisions/0107-liability.md; IFRS 15 B39-B46.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import IntegrityError, connection
from django.db.models import F, Min, Sum

from mall.core import clock
from mall.core.money import yuan
from mall.core.transactions import transactional
from marketing.analytics import breakage, lots
from marketing.models import LotMonth, MonthStatement
from points import rates
from points.models import ExchangeRate, LedgerEntry

ZERO = Decimal("0.00")
# How kinds of entries stand in a statement; a hold is worth nothing until it is captured.
LINES = {
    "issued": ("accrue", "clawback"),
    "redeemed": ("spend", "capture", "refund", "hold", "release"),
    "expired": ("expire",),
    "adjusted": ("adjust",),
}
LINE_OF = {kind: line for line, kinds in LINES.items() for kind in kinds}
REVALUED, BREAKAGE = "revalued", "breakage"


@dataclass(frozen=True)
class Fold:
    """What the books hold by line: points, and their yuan by each day's rate."""

    points: dict
    worth: dict

    @property
    def owed(self) -> int:
        return sum(self.points.values())


def close_due(*, on: date | None = None) -> int:
    """Count lots, and close every month that is over and not closed yet, in order; returns how
    many. Idempotent by the month.
    """
    lots.count_due(on=on)
    this = lots.month_of(on or clock.today())
    month, closed = _first_open(), 0
    while month is not None and month < this:
        closed += _close(month)
        month = lots.months_on(month, 1)
    return closed


def _first_open() -> date | None:
    last = MonthStatement.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return lots.months_on(last, 1)
    first = LedgerEntry.objects.aggregate(first=Min("biz_date"))["first"]
    return first and lots.month_of(first)


def _close(month) -> int:
    """Write one month's statement; says 0 when another worker was quicker, whose figures stand."""
    try:
        _write(month)
    except IntegrityError:
        if connection.in_atomic_block or not MonthStatement.objects.filter(pk=month).exists():
            raise
        return 0
    return 1


@transactional
def _write(month):
    before = list(MonthStatement.objects.filter(month__lt=month).order_by("month"))
    books, early = fold(month)
    moved = {line: books.points[line] - _sum(before, line) for line in LINES}
    late = early.owed - sum(
        row.issued + row.redeemed + row.expired + row.adjusted for row in before
    )
    rate, ladder = _rate(month), _ladder(month)
    worth = yuan(Decimal(books.owed) / rate) if rate else ZERO
    expected = breakage.forecast(ladder)
    row = MonthStatement(
        month=month,
        made_at=clock.now(),
        **moved,
        late=late,
        owed=books.owed,
        rate=rate,
        worth=worth,
        breakage=round(sum(expected.values())) if _can_tell(ladder) else None,
        lines=_journal(before, books, moved, worth, ladder, rate),
        ladder=[[str(ends), ladder.left(ends), round(expected[ends])] for ends in expected],
    )
    row.save(force_insert=True)


def fold(month: date) -> tuple[Fold, Fold]:
    """Return what the books hold now up to a month's end, and of it what is of earlier months."""
    ends = lots.months_on(month, 1) - timedelta(days=1)
    worth = F("delta") + F("held_delta") - F("debt_delta")
    entries = LedgerEntry.objects.filter(biz_date__lte=ends).order_by()
    days = list(entries.values_list("biz_date", "kind").annotate(points=Sum(worth)))
    return _fold(days), _fold([row for row in days if row[0] < month])


def _fold(days) -> Fold:
    points, worth = dict.fromkeys(LINES, 0), dict.fromkeys(LINES, ZERO)
    by_rate = defaultdict(int)
    for day, kind, moved in days:
        points[LINE_OF[kind]] += moved
        by_rate[LINE_OF[kind], _rate_on(day)] += moved
    for (line, rate), moved in by_rate.items():
        worth[line] += Decimal(moved) / rate if rate else ZERO
    return Fold(points, {line: yuan(amount) for line, amount in worth.items()})


def _journal(before, books, moved, worth, ladder, rate) -> list[dict]:
    """Return the lines for the accountant: those of points, what a new rate made of what was owed,
    and breakage that counts as revenue before it expires. Signs as they change what is owed.
    """
    said = _said(before)
    lines = [
        {"line": line, "points": moved[line], "yuan": books.worth[line] - said[line]}
        for line in LINES
    ]
    standing = before[-1].worth if before else ZERO
    change = worth - standing - sum(line["yuan"] for line in lines)
    lines.append({"line": REVALUED, "points": 0, "yuan": change})
    ahead = round(breakage.ahead_of_expiry(ladder)) if _can_tell(ladder) else 0
    taken = yuan(Decimal(ahead) / rate) if rate else ZERO
    points = ahead - sum(_points(row, BREAKAGE) for row in before)
    lines.append({"line": BREAKAGE, "points": -points, "yuan": -(taken + said[BREAKAGE])})
    return [{**line, "yuan": str(line["yuan"])} for line in lines]


def _said(before) -> dict:
    """Return the yuan that earlier statements said, by line."""
    said = defaultdict(lambda: ZERO)
    for row in before:
        for line in row.lines:
            said[line["line"]] += Decimal(line["yuan"])
    return said


def _points(row, name) -> int:
    return sum(-line["points"] for line in row.lines if line["line"] == name)


def _sum(rows, name) -> int:
    return sum(getattr(row, name) for row in rows)


def _ladder(month) -> breakage.Ladder:
    return breakage.Ladder(cells_until(month), month)


def cells_until(month: date) -> list[breakage.Cell]:
    """Return the counted cells of the months up to one, that one included."""
    rows = LotMonth.objects.filter(month__lte=month)
    names = ("month", "ends", "issued", "used", "expired", "other")
    return [breakage.Cell(*values) for values in rows.values_list(*names)]


def _can_tell(ladder) -> bool:
    """Say whether points have expired at all: before, nobody knows how many will."""
    return any(cell.expired for cell in ladder.cells)


def _rate(month) -> int | None:
    return _rate_on(lots.months_on(month, 1) - timedelta(days=1))


def _rate_on(day) -> int | None:
    """Return the points for one yuan as a day ended; None before any rate had begun."""
    try:
        return rates.current(clock.end_of(day)).points_per_yuan
    except ExchangeRate.DoesNotExist:
        return None
