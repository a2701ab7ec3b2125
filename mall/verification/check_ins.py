"""Check-ins against the calendar and the ledger: streaks of the last weeks are what their days say,
and what was paid for making a day up bought that day.
"""

from collections import defaultdict
from datetime import timedelta

from mall.core import clock
from mall.verification.finding import Finding
from marketing.checkin import outages, runs
from marketing.models import CheckIn, OutageDay
from points.models import LedgerEntry, PointAccount

DAYS = 35
MADE_UP = "makeup:"


def compare(rows: list[tuple[PointAccount, list[LedgerEntry]]]) -> list[Finding]:
    """Compare the check-ins of some accounts; returns every mismatch.

    Read without a lock: a streak and what it rests on are written together, and one statement sees
    all of it. While streaks wait to be drawn anew after an outage nobody can tell.
    """
    bought = [
        (account.pk, entry.key.removeprefix(MADE_UP))
        for account, entries in rows
        for entry in entries
        if entry.key.startswith(MADE_UP)
    ]
    return [*_of_streaks([account.pk for account, _entries in rows]), *_of_bought(bought)]


def _of_streaks(user_ids):
    if OutageDay.objects.filter(drawn_at__isnull=True, on__lt=clock.today()).exists():
        return
    since, declared = clock.today() - timedelta(days=DAYS), outages.days()
    days = defaultdict(list)
    for day in CheckIn.objects.filter(user__in=user_ids, on__gte=since).order_by("user_id", "on"):
        days[day.user_id].append(day)
    for user_id, (first, *rest) in days.items():
        drawn = runs.drawn(rest, declared, before=first)
        for day, streak in zip(rest, drawn, strict=True):
            if day.streak != streak:
                yield Finding(user_id, f"days in a row on {day.on}", str(streak), str(day.streak))


def _of_bought(bought):
    made_up = CheckIn.objects.filter(
        user__in={user_id for user_id, _on in bought}, kind=CheckIn.Kind.MADE_UP
    )
    known = set(made_up.values_list("user_id", "on")) if bought else set()
    known = {(user_id, on.isoformat()) for user_id, on in known}
    for user_id, on in bought:
        if (user_id, on) not in known:
            yield Finding(user_id, f"points were paid to make {on} up", "a made-up day", "none")
