"""What follows from facts, beside everything else that happens: the server undoes a transaction,
others hold their accounts, sweeps and shoppers meet.
"""

import threading
from contextlib import contextmanager

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from accounts.registration import note_sign_in, register
from mall import verification
from mall.core import clock, events
from marketing.checkin.streak import check_in
from marketing.models import DailyActivity, MissionFact, MissionProgress, Notification
from orders import lifecycle
from points import event_delivery, ledger
from points.models import Event, Grant, LedgerEntry, Parked, PointAccount
from tests.factories import crowd
from tests.factories.orders import (
    give_points,
    pay,
    place,
    received,
    virtual_sku,
)
from tests.factories.points import MemberFactory, member_with
from tests.listening import hearing
from tests.races.days import live, missions

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
FOLLOWING = (DailyActivity, MissionFact, MissionProgress, Notification, LedgerEntry, Event)


# --- a transaction that the server undoes ------------------------------------------------
def test_deliver_when_a_savepoint_meets_a_deadlock_then_all_is_tried_again_and_counts_once(
    deadlocks,
):
    """The server undoes the whole transaction, what other listeners did in it, too."""
    member, (wanted, held) = member_with(0), [virtual_sku(points=1) for _ in range(2)]
    event_delivery.deliver_due()
    is_held, over = threading.Event(), threading.Event()
    heard = []

    def lock(*skus):
        with connection.cursor() as cursor:
            for sku in skus:
                cursor.execute("SELECT 1 FROM catalog_sku WHERE id = %s FOR UPDATE", [sku.pk])

    def cross():
        with transaction.atomic(), connection.cursor() as cursor:
            # who has written more is not the one to be undone
            cursor.execute("UPDATE points_rule SET name = CONCAT(name, '.')")
            cursor.execute("UPDATE points_rule SET name = CONCAT(name, '.')")
            lock(held)
            is_held.set()
            lock(wanted)  # waits for the delivery
        connection.close()

    def give(fact):
        ledger.accrue(member.pk, points=5, key="first")

    def fail(fact):
        raise ValueError

    def stumble(fact):
        heard.append(fact.reference)
        ledger.accrue(member.pk, points=7, key="second")
        if not over.is_set():
            over.set()
            lock(wanted)
            other = threading.Thread(target=cross)
            other.start()
            assert is_held.wait(10)
            lock(held)  # ... and the delivery for it

    with (
        hearing("weighed", listener=give),
        hearing("weighed", listener=fail),
        hearing("weighed", listener=stumble),
    ):
        events.tell(events.Event("weighed", member.pk, "scale:1", clock.now()))
        event_delivery.deliver(member.pk)

    account = PointAccount.objects.get(pk=member.pk)
    assert deadlocks() == 1
    assert heard == ["scale:1"] * 2
    assert (account.available, account.hear_tries) == (12, 1)
    assert not Parked.objects.exists()
    assert verification.verify() == []


# --- others' accounts ------------------------------------------------------------------
@contextmanager
def all_held(*users):
    """Hold the accounts of others, and who they are."""
    is_held, over = threading.Event(), threading.Event()
    ids = [user.pk for user in users]

    def hold():
        with transaction.atomic():
            list(PointAccount.objects.select_for_update().filter(pk__in=ids))
            list(get_user_model().objects.select_for_update().filter(pk__in=ids))
            is_held.set()
            over.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(10)
        yield
    finally:
        over.set()
        holder.join()


def test_deliver_when_all_other_accounts_are_held_then_it_waits_for_none(member, operator):
    missions()
    goods, swap = virtual_sku(cash="20.00", stock=50), virtual_sku(points=5, stock=50)
    new = register(username="new", email="new@example.com", password="a-long-test-password")
    for user in (member, new):
        give_points(user, 100)
        check_in(user)
        for _turn in range(3):
            note_sign_in(user)
            received(pay(place(user, goods)))
            lifecycle.cancel(place(user, swap), actor="staff:1")
    waiting = PointAccount.objects.get(pk=new.pk)
    assert waiting.told - waiting.heard > 12

    with all_held(member, operator), structlog.testing.capture_logs() as said:
        found = event_delivery.deliver_due()
        event_delivery.deliver(new.pk)

    account = PointAccount.objects.get(pk=new.pk)
    assert (account.hear_at, account.heard) == (None, account.told)
    # a batch passes over those who are held
    assert found.facts >= account.told - waiting.heard
    assert [one["event"] for one in said if "heard" in one["event"]] == []
    event_delivery.deliver_due()
    assert not PointAccount.objects.filter(hear_at__isnull=False).exists()
    assert verification.verify() == []


# --- sweeps and shoppers -------------------------------------------------------------------
FULL = {
    get_user_model(): 20_000,
    PointAccount: 20_000,
    Event: 60_000,
    LedgerEntry: 60_000,
    Notification: 60_000,
    DailyActivity: 60_000,
    MissionFact: 40_000,
    MissionProgress: 40_000,
    Grant: 40_000,
}
SHOPPERS, SWEEPERS = 6, 2


def amid_the_crowd(count):
    """Return new members whose rows will stand in the middle of full tables."""
    ids = [crowd.FIRST + 3_000 * (number + 1) for number in range(count)]
    crowd.fill(FULL)
    crowd.remove(ids, FULL)
    crowd.analyze(FULL)
    return [MemberFactory(pk=pk) for pk in ids]


@pytest.mark.parametrize("tables", ["young", pytest.param("full", marks=pytest.mark.long)])
def test_deliver_due_when_sweeps_and_shoppers_meet_then_no_deadlock(tables, run_threads, deadlocks):
    if tables == "full" and not connection.mysql_is_mariadb:
        pytest.skip("the crowd's tables are filled by MariaDB's sequences")
    missions()
    shoppers = (
        [member_with(0) for _ in range(SHOPPERS)] if tables == "young" else amid_the_crowd(SHOPPERS)
    )
    goods, swap = virtual_sku(cash="20.00", stock=500), virtual_sku(points=5, stock=500)
    for user in shoppers:
        ledger.open_account(user.pk)
        give_points(user, 1_000)
    gone, is_over = [], threading.Event()

    def take_part(number):
        if number >= SHOPPERS:
            while not is_over.is_set():
                event_delivery.deliver_due()
            return
        try:
            live(shoppers[number], goods, swap, turns=3)
        finally:
            gone.append(number)
            if len(gone) == SHOPPERS:
                is_over.set()

    outcomes = run_threads(SHOPPERS + SWEEPERS, take_part)
    event_delivery.deliver_due()

    assert outcomes == [None] * (SHOPPERS + SWEEPERS)
    assert deadlocks() == 0
    for user in shoppers:
        account = PointAccount.objects.get(pk=user.pk)
        assert (account.heard, account.hear_at) == (account.told, None)
        assert verification.verify(user.pk) == []
