"""Facts of one member through many doors at once: each counts once, and a completed mission pays
once.
"""

from datetime import date

import pytest

from marketing.errors import RewardCollected
from marketing.missions.counting import Fact, claim, lessen, note
from marketing.models import MissionFact, MissionProgress
from points import account_rows
from points.models import LedgerEntry, PointAccount
from tests.factories.marketing import MissionFactory
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

DOORS = 20
FRIDAY = date(2026, 11, 20)


def state():
    rows = list(MissionProgress.objects.values_list("count", "target", "paid"))
    return rows, LedgerEntry.objects.filter(rule="mission").count(), MissionFact.objects.count()


def test_note_when_twenty_facts_at_once_then_counted_each_and_paid_once(
    member, run_threads, deadlocks
):
    MissionFactory(code="ten", target=10, points=50)

    outcomes = run_threads(
        DOORS, lambda number: note(member.pk, "checkin", key=f"checkin:{number}", on=FRIDAY)
    )

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert state() == ([(10, 10, 50)], 1, DOORS)
    assert PointAccount.objects.get(pk=member.pk).available == 150
    assert deadlocks() == 0
    books_close()


def test_note_when_the_same_fact_comes_through_twenty_doors_then_counted_once(
    member, run_threads, deadlocks
):
    MissionFactory(code="two", target=2, points=50)

    outcomes = run_threads(DOORS, lambda: note(member.pk, "checkin", key="checkin:one", on=FRIDAY))

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert state() == ([(1, 2, 0)], 0, 1)
    assert deadlocks() == 0


def test_note_when_the_lock_is_off_then_facts_do_get_lost(member, run_threads, monkeypatch):
    """T0: without the member's lock two facts see the same count, so the races above are able to
    fail.
    """
    MissionFactory(code="many", target=1000, points=50)
    note(member.pk, "checkin", key="checkin:first", on=FRIDAY)
    monkeypatch.setattr(account_rows, "_LOCK_THE_ACCOUNT", False)

    run_threads(
        DOORS, lambda number: note(member.pk, "checkin", key=f"checkin:{number}", on=FRIDAY)
    )

    (counted,) = MissionProgress.objects.values_list("count", flat=True)
    assert counted < 1 + DOORS


def test_claim_when_twenty_taps_at_once_then_one_collects(member, run_threads, deadlocks):
    MissionFactory(code="tap", points=50, is_automatic=False)
    note(member.pk, "checkin", key="checkin:one", on=FRIDAY)

    outcomes = run_threads(DOORS, lambda: claim(member, "tap"))

    assert [type(outcome) for outcome in outcomes].count(MissionProgress) == 1
    assert [type(outcome) for outcome in outcomes].count(RewardCollected) == DOORS - 1
    assert PointAccount.objects.get(pk=member.pk).available == 150
    assert deadlocks() == 0
    books_close()


def test_lessen_when_told_twenty_times_at_once_then_the_reward_goes_back_once(
    member, run_threads, deadlocks
):
    MissionFactory(code="paid", event="order_paid", points=50)
    note(member.pk, "order_paid", key="order:1", on=FRIDAY)

    outcomes = run_threads(DOORS, lambda: lessen(member.pk, [Fact("order_paid", "order:1", 0)]))

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert state() == ([(0, 1, 0)], 1, 0)
    assert LedgerEntry.objects.filter(kind="clawback").count() == 1
    assert PointAccount.objects.get(pk=member.pk).available == 100
    assert deadlocks() == 0
    books_close()


def test_lessen_when_orders_come_and_go_at_once_then_the_mission_stands_as_long_as_one_order_does(
    member, run_threads, deadlocks
):
    MissionFactory(code="paid", event="order_paid", points=50)
    for number in range(10):
        note(member.pk, "order_paid", key=f"order:{number}", on=FRIDAY)

    def act(number):
        if number < 10:
            return lessen(member.pk, [Fact("order_paid", f"order:{number}", 0)])
        return note(member.pk, "order_paid", key=f"order:{number}", on=FRIDAY)

    outcomes = run_threads(DOORS, act)

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert MissionProgress.objects.values_list("count", "paid").get() == (1, 50)
    assert PointAccount.objects.get(pk=member.pk).available == 150
    assert deadlocks() == 0
    books_close()
