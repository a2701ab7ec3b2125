"""The demo shop's past, counted: its history is written days late, so every day is counted anew
when something was added.
"""

from datetime import date, timedelta

from catalog import popularity
from mall.core import clock
from marketing.analytics import rollup, snapshots, statements
from marketing.models import DailyRollup


def count(*, anew: bool, progress=iter) -> None:
    """Count every day since the first fact when members were added, else only the latest days that
    are due.
    """
    first = rollup.first_fact()
    if first and (anew or not DailyRollup.objects.exists()):
        days = (clock.today() - first).days + 1
        rollup.rebuild({first + timedelta(days=n) for n in range(days)}, progress=progress)
        snapshots.refresh()
    rollup.roll_up_recent()
    statements.close_due()


def count_up(first: date) -> None:
    """Rebuild the daily figures since a shop day and the order "most popular"."""
    today = clock.today()
    for day in range((today - first).days + 1):
        rollup.roll_up(first + timedelta(days=day))
    popularity.refresh()
