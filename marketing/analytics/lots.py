"""Lots by month: what became, in each month, of the points that end in another; counted from what
the ledger's entries say of their lots (``alloc``), and counted again at any time.

A lot with last day d is gone on d + 1, and the ledger says so then: its month is that of d + 1, so
points good through 30 November end in December.
"""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Sum

from mall.core import clock
from mall.core.transactions import transactional
from marketing.models import LotMonth
from points.models import LedgerEntry

NEVER = date(9999, 12, 1)
ONE_DAY = timedelta(days=1)
CHUNK = 5_000
SPENDING = ("spend", "hold", "capture", "release", "refund")


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def months_on(month: date, n: int) -> date:
    """Return the first day of the month ``n`` months after a month."""
    index = month.year * 12 + month.month - 1 + n
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> int:
    """Return how many months ``last`` lies after ``first``."""
    return (last.year - first.year) * 12 + last.month - first.month


def count_due(*, on: date | None = None) -> int:
    """Count this month and the one before, and each earlier one that the ledger says something
    else of by now; returns how many were counted.
    """
    this = month_of(on or clock.today())
    known = dict(_totals(LotMonth.objects.values_list("month")))
    due = [month for month, points in _moved().items() if known.get(month) != points]
    counted = sorted({*due, this, months_on(this, -1)})
    for month in counted:
        count(month)
    return len(counted)


def count(month: date) -> None:
    """Count one month anew."""
    cells = defaultdict(lambda: dict(issued=0, used=0, expired=0, other=0))
    first, last = month, months_on(month, 1) - ONE_DAY
    entries = LedgerEntry.objects.filter(biz_date__range=(first, last)).order_by()
    for kind, alloc in entries.values_list("kind", "alloc").iterator(chunk_size=CHUNK):
        for day, points in alloc.get("lots", ()):
            column, sign = _column_of(kind, points)
            cells[_ends(day)][column] += sign * points
        for day, points in alloc.get("merged", ()):
            cells[_ends(day)]["other"] += points
    _write(month, cells)


@transactional
def _write(month, cells):
    LotMonth.objects.filter(month=month).delete()
    rows = [LotMonth(month=month, ends=ends, **numbers) for ends, numbers in cells.items()]
    LotMonth.objects.bulk_create(rows, ignore_conflicts=True)


def _column_of(kind, points):
    """Return the column of a part of an entry, and its sign there."""
    if kind == "expire":
        return "expired", -1
    if kind in SPENDING:
        return "used", -1
    return ("issued" if kind in ("accrue", "adjust") and points > 0 else "other"), 1


def _ends(day) -> date:
    return NEVER if day is None else month_of(date.fromisoformat(day) + ONE_DAY)


def _totals(rows):
    """Yield (month, what all lots changed by) of counted months."""
    sums = rows.annotate(i=Sum("issued"), u=Sum("used"), e=Sum("expired"), o=Sum("other"))
    for month, issued, used, expired, other in sums.order_by():
        yield month, issued - used - expired + other


def _moved() -> dict:
    """Return {month: what all lots changed by} as the ledger says, by the index alone."""
    found, days = defaultdict(int), LedgerEntry.objects.order_by().values_list("biz_date")
    for day, points in days.annotate(points=Sum("delta")):
        found[month_of(day)] += points
    return found
