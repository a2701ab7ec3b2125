"""A missed day made up through many doors at once: the same day once, and never more days than may
be, each at the price it has by then.
"""

import threading
from datetime import timedelta

import pytest

from mall.core import clock
from marketing.checkin import make_up as make_up_module
from marketing.checkin.make_up import make_up
from marketing.errors import MakeUpsUsedUp, NotMissed
from marketing.models import CheckIn
from points import ledger
from points.models import LedgerEntry, PointAccount
from tests.factories.marketing import CheckInFactory
from tests.races.test_checkout import wait_without_lock
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

TAPS = 20
ONE_DAY = timedelta(days=1)


@pytest.fixture
def lapsed(member):
    """A member who came seven and six days ago, and has been here for a month."""
    member.date_joined -= timedelta(days=30)
    member.save()
    CheckInFactory(user=member, on=clock.today() - 7 * ONE_DAY, streak=1)
    CheckInFactory(user=member, on=clock.today() - 6 * ONE_DAY, streak=2)
    return member


def made_up():
    rows = CheckIn.objects.filter(kind=CheckIn.Kind.MADE_UP).order_by("on")
    return list(rows.values_list("on", "streak"))


def paid():
    return sorted(-entry.delta for entry in LedgerEntry.objects.filter(kind="spend"))


def test_make_up_when_tapped_twenty_times_then_one_row_and_paid_once(
    lapsed, run_threads, deadlocks
):
    day = clock.today() - 5 * ONE_DAY

    outcomes = run_threads(TAPS, lambda: make_up(lapsed, day))

    kinds = [type(outcome) for outcome in outcomes]
    assert (kinds.count(CheckIn), kinds.count(NotMissed)) == (1, TAPS - 1)
    assert (made_up(), paid()) == ([(day, 3)], [20])
    assert PointAccount.objects.get(pk=lapsed.pk).available == 80
    assert deadlocks() == 0
    books_close()


def test_make_up_when_five_days_are_raced_then_three_each_at_its_price(
    lapsed, run_threads, deadlocks
):
    days = [clock.today() - n * ONE_DAY for n in range(1, 6)]
    ledger.accrue(lapsed.pk, points=100, key="adjust:race")

    outcomes = run_threads(TAPS, lambda number: make_up(lapsed, days[number % 5]))

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds.count(CheckIn) == len(made_up()) == 3
    assert set(kinds) <= {CheckIn, NotMissed, MakeUpsUsedUp}
    assert paid() == [20, 40, 80]
    assert PointAccount.objects.get(pk=lapsed.pk).available == 60
    assert deadlocks() == 0
    books_close()


def test_make_up_when_the_account_lock_is_off_then_the_race_happens(
    lapsed, run_threads, monkeypatch
):
    """T0: without the member's lock some see no other's row and the first price, so the races
    above are able to fail; the number of an entry, the second line, refuses all but one of them.
    """
    ledger.accrue(lapsed.pk, points=100, key="adjust:race")
    wait_without_lock(monkeypatch, threading.Barrier(5))
    price, seen = make_up_module._price, []

    def noted(*args):
        seen.append(price(*args))
        return seen[-1]

    monkeypatch.setattr(make_up_module, "_price", noted)
    days = [clock.today() - n * ONE_DAY for n in range(1, 6)]

    run_threads(5, lambda number: make_up(lapsed, days[number]))

    assert seen.count(20) > 1
