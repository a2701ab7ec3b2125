"""How long points live: pure calendar arithmetic. A lot with day d is spendable through the end of
d.

Source: docs/ledger.md, "Days" (the end of the month, twelve months on).
"""

from calendar import monthrange
from datetime import date, timedelta

STANDARD_MONTHS = 12
GRACE_DAYS = 30


def month_end(day: date, *, months: int = 0) -> date:
    """Return the last day of the month that lies ``months`` months after ``day``."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def year_end(day: date) -> date:
    """Return 31 December of the year of ``day``."""
    return date(day.year, 12, 31)


def standard(day: date) -> date:
    """Return the last day of standard points earned on ``day``."""
    return month_end(day, months=STANDARD_MONTHS)


def grace(day: date) -> date:
    """Return the last day of points the shop owes back after their own day has passed."""
    return day + timedelta(days=GRACE_DAYS)
