"""Fifty taps at once: one row, one entry, forty-nine kind refusals."""

import threading
from contextlib import suppress
from datetime import date

import pytest

from marketing.checkin import streak
from marketing.checkin.streak import check_in
from marketing.errors import AlreadyCheckedIn
from marketing.models import CheckIn
from points import account_rows
from points.models import LedgerEntry, PointAccount
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

TAPS = 50
FRIDAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _each_by_itself(settings):
    settings.LANES = False  # taps of one member would stand in line


def test_check_in_when_fifty_taps_at_once_then_one_row_and_one_entry(
    member, run_threads, deadlocks, monkeypatch
):
    asked, award = [], streak.rules.award_all
    monkeypatch.setattr(
        streak.rules,
        "award_all",
        lambda *args, **kwargs: (asked.append(1), award(*args, **kwargs))[1],
    )

    outcomes = run_threads(TAPS, lambda: check_in(member, FRIDAY))

    assert [type(outcome) for outcome in outcomes].count(CheckIn) == 1
    assert [type(outcome) for outcome in outcomes].count(AlreadyCheckedIn) == TAPS - 1
    assert len(asked) == 1
    assert list(CheckIn.objects.values_list("on", "streak", "points")) == [(FRIDAY, 1, 20)]
    assert LedgerEntry.objects.filter(key="checkin:2026-11-20").count() == 1
    assert PointAccount.objects.get(pk=member.pk).available == 120
    assert deadlocks() == 0
    books_close()


def test_check_in_when_the_account_lock_is_off_then_the_race_happens_and_the_unique_key_refuses(
    member, run_threads, monkeypatch
):
    """T0: without the lock several taps see no row and ask for points; the row's key, the second
    line, stops all but one.
    """
    meeting, asked = threading.Barrier(TAPS), []
    award = streak.rules.award_all
    opened = streak.ledger.open
    monkeypatch.setattr(account_rows, "_LOCK_THE_ACCOUNT", False)
    monkeypatch.setattr(
        streak.ledger,
        "open",
        lambda *args, **kwargs: (
            opened(*args, **kwargs),
            None if meeting.broken else meet(meeting),
        )[0],
    )
    monkeypatch.setattr(
        streak.rules,
        "award_all",
        lambda *args, **kwargs: (asked.append(1), award(*args, **kwargs))[1],
    )

    outcomes = run_threads(TAPS, lambda: check_in(member, FRIDAY))

    assert len(asked) > 1
    assert [type(outcome) for outcome in outcomes].count(CheckIn) == 1
    assert LedgerEntry.objects.filter(key="checkin:2026-11-20").count() == 1
    assert PointAccount.objects.get(pk=member.pk).available == 120
    books_close()


def meet(meeting):
    """Wait until all taps have come this far, once: a tap that is tried again goes on alone."""
    with suppress(threading.BrokenBarrierError):
        meeting.wait(30)
    meeting.abort()
