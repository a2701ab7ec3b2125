"""Many threads, one member: the lock, the keys and the books, on a real MariaDB."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from mall import verification
from mall.core import clock
from mall.core.errors import Busy
from points import account_rows, errors, ledger, machine
from points.models import LedgerEntry, PointAccount
from tests.factories.points import member_with

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

THREADS = 64


class Patient:
    """The ledger as a patient client uses it: "busy" means nothing was changed, so it asks
    again.
    """

    def __getattr__(self, verb):
        def ask(*args, **kwargs):
            for _ in range(30):
                try:
                    return getattr(ledger, verb)(*args, **kwargs)
                except Busy:
                    continue
            raise AssertionError("busy thirty times")

        return ask


patient = Patient()


def books_close():
    return verification.verify() == []


def test_spend_when_sixty_four_threads_want_the_same_hundred_points_then_one_gets_them(
    run_threads, deadlocks
):
    """Trap 1: twenty parallel spends of one 100-point balance paid out 2,000 (fuint#71)."""
    member = member_with(100)

    outcomes = run_threads(
        THREADS,
        lambda n: patient.spend(
            member.pk, points=100, key=f"sale:{n}:spend", reference=f"sale:{n}"
        ),
    )

    assert [type(outcome) for outcome in outcomes].count(LedgerEntry) == 1
    assert [type(outcome) for outcome in outcomes].count(errors.InsufficientPoints) == THREADS - 1
    assert PointAccount.objects.get(pk=member.pk).available == 0
    assert books_close()
    assert deadlocks() == 0


def test_spend_when_the_lock_is_switched_off_then_the_race_happens(run_threads, monkeypatch):
    """T0: without the lock two writers do believe they hold the account, and collide on the entry's
    key.
    """
    if not connection.mysql_is_mariadb:
        pytest.skip("MySQL calls the collision a deadlock, and the losers try again")
    member = member_with(10_000)
    together = threading.Barrier(8)
    run = machine.run

    def run_together(state, command, **kwargs):
        outcome = run(state, command, **kwargs)
        together.wait(20)  # all eight have read the account before any of them writes
        return outcome

    monkeypatch.setattr(account_rows, "_LOCK_THE_ACCOUNT", False)
    monkeypatch.setattr(machine, "run", run_together)
    outcomes = run_threads(
        8,
        lambda n: patient.spend(
            member.pk, points=100, key=f"sale:{n}:spend", reference=f"sale:{n}"
        ),
    )
    monkeypatch.undo()

    assert [type(outcome) for outcome in outcomes].count(IntegrityError) == 7
    assert PointAccount.objects.get(pk=member.pk).available == 9_900
    assert books_close()


def test_spend_when_lock_and_fences_are_switched_off_then_points_are_paid_out_twice(run_threads):
    """T0: the text-book read, check, write on the same row does lose money, so the tests above are
    not blind.
    """
    member = member_with(100)
    together = threading.Barrier(8)

    def spend_carelessly():
        with transaction.atomic():
            available = PointAccount.objects.get(pk=member.pk).available
            together.wait(20)
            if available < 100:
                return False
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE points_pointaccount SET available = 0, debited = credited, lots_total "
                    "= 0 WHERE user_id = %s",
                    [member.pk],
                )
            return True

    assert run_threads(8, spend_carelessly) == [True] * 8
    assert not books_close()


def test_spend_when_one_key_is_sent_fifty_times_at_once_then_all_get_the_first_entry(
    run_threads, deadlocks
):
    """T4: the probe for the key is read after the lock, so whoever waited sees what the first one
    posted.
    """
    member = member_with(1_000)

    def send_fifty(key):
        return run_threads(
            50, lambda: patient.spend(member.pk, points=100, key=key, reference=key[:7])
        )

    for key in ("sale:A:spend", "sale:B:spend", "sale:C:spend", "sale:D:spend", "sale:E:spend"):
        outcomes = send_fifty(key)

        assert {type(outcome) for outcome in outcomes} == {LedgerEntry}
        assert len({outcome.pk for outcome in outcomes}) == 1
    assert PointAccount.objects.get(pk=member.pk).available == 500
    assert books_close()
    assert deadlocks() == 0


def test_spend_when_one_key_carries_two_contents_at_once_then_one_content_wins(run_threads):
    member = member_with(1_000)

    outcomes = run_threads(
        50,
        lambda n: patient.spend(
            member.pk, points=100 + n % 2, key="sale:A:spend", reference="sale:A"
        ),
    )

    entries = {outcome.pk for outcome in outcomes if isinstance(outcome, LedgerEntry)}
    assert len(entries) == 1
    assert [type(outcome) for outcome in outcomes].count(errors.KeyConflict) == 25
    assert books_close()


def test_spend_when_two_members_use_the_same_key_then_they_are_independent(run_threads):
    members = [member_with(100), member_with(100)]

    outcomes = run_threads(
        20,
        lambda n: patient.spend(
            members[n % 2].pk, points=100, key="sale:A:spend", reference="sale:A"
        ),
    )

    assert {outcome.account_id for outcome in outcomes} == {member.pk for member in members}
    assert [PointAccount.objects.get(pk=member.pk).available for member in members] == [0, 0]


def test_open_account_when_two_doors_open_it_at_once_then_there_is_one(run_threads):
    from tests.factories.points import MemberFactory

    member = MemberFactory()

    outcomes = run_threads(16, lambda n: patient.accrue(member.pk, points=10, key=f"gift:{n}"))

    assert {type(outcome) for outcome in outcomes} == {LedgerEntry}
    assert PointAccount.objects.get(pk=member.pk).available == 160


def test_capture_when_release_comes_at_the_same_time_then_one_of_them_closes_the_hold(run_threads):
    member = member_with(3_000)
    later = clock.now() + timedelta(minutes=15)
    for n in range(20):
        patient.hold(
            member.pk, points=100, key=f"sale:{n}:hold", reference=f"sale:{n}", expires_at=later
        )

    def close(number):
        no, verb = divmod(number, 2)
        if verb:
            return patient.capture(member.pk, hold_key=f"sale:{no}:hold", key=f"sale:{no}:capture")
        return patient.release(member.pk, hold_key=f"sale:{no}:hold", key=f"sale:{no}:release")

    outcomes = run_threads(40, close)

    for no in range(20):
        assert sorted(type(outcome).__name__ for outcome in outcomes[2 * no : 2 * no + 2]) == [
            "HoldClosed",
            "LedgerEntry",
        ]
    account = PointAccount.objects.get(pk=member.pk)
    captured = sum(
        isinstance(outcome, LedgerEntry) and outcome.kind == "capture" for outcome in outcomes
    )
    assert (account.available, account.held) == (3_000 - 100 * captured, 0)
    assert books_close()


def test_refund_when_many_refunds_of_one_spend_come_at_once_then_never_more_than_was_spent(
    run_threads,
):
    """Trap 5 and 7: points come back once, and never above one hundred per cent."""
    member = member_with(100)
    patient.spend(member.pk, points=100, key="sale:A:spend", reference="sale:A")

    outcomes = run_threads(
        20,
        lambda n: patient.refund(
            member.pk,
            of_key="sale:A:spend",
            points=30,
            key=f"sale:A:refund:{n}",
            reference="sale:A",
        ),
    )

    assert [type(outcome) for outcome in outcomes].count(LedgerEntry) == 3
    assert [type(outcome) for outcome in outcomes].count(errors.OverRefund) == 17
    assert PointAccount.objects.get(pk=member.pk).available == 90
    assert books_close()


@pytest.mark.parametrize(
    ("accounts", "rounds"),
    [
        (1, 4),  # all at one account
        pytest.param(1, 8, marks=pytest.mark.long),
        pytest.param(8, 8, marks=pytest.mark.long),
        pytest.param(1, 60, marks=pytest.mark.long),
        pytest.param(8, 200, marks=pytest.mark.long),
    ],
)
def test_post_when_sixty_four_threads_mix_all_verbs_then_the_books_close(
    run_threads, deadlocks, accounts, rounds
):
    """T2: balance = fold of the committed commands."""
    members = [member_with(5_000) for _ in range(accounts)]
    later = clock.now() + timedelta(minutes=15)

    def live(number):
        dice = random.Random(number)
        change = dict.fromkeys((member.pk for member in members), 0)
        for turn in range(rounds):
            member = dice.choice(members).pk
            no = f"{number}-{turn}"
            points = dice.randint(1, 400)
            try:
                match dice.choice(
                    ["accrue", "spend", "refund", "capture", "release", "clawback", "adjust"]
                ):
                    case "accrue":
                        patient.accrue(member, points=points, key=f"gift:{no}")
                        change[member] += points
                    case "adjust":
                        patient.adjust(
                            member,
                            points=-points,
                            key=f"adjust:{no}",
                            actor="operator",
                            note="race",
                        )
                        change[member] -= points
                    case "clawback":
                        patient.accrue(member, points=points, key=f"gift:{no}")
                        change[member] += points
                        patient.clawback(
                            member,
                            of_key=f"gift:{no}",
                            points=points,
                            key=f"claw:{no}",
                            reference="race",
                        )
                        change[member] -= points
                    case "spend" | "refund" as verb:
                        patient.spend(
                            member, points=points, key=f"sale:{no}:spend", reference=f"sale:{no}"
                        )
                        change[member] -= points
                        if verb == "refund":
                            patient.refund(
                                member,
                                of_key=f"sale:{no}:spend",
                                points=points,
                                key=f"sale:{no}:refund:1",
                                reference=no,
                            )
                            change[member] += points
                    case verb:
                        patient.hold(
                            member,
                            points=points,
                            key=f"sale:{no}:hold",
                            reference=f"sale:{no}",
                            expires_at=later,
                        )
                        change[member] -= points
                        if verb == "capture":
                            patient.capture(
                                member,
                                hold_key=f"sale:{no}:hold",
                                key=f"sale:{no}:capture",
                                points=1,
                            )
                            change[member] += points - 1
                        else:
                            patient.release(
                                member, hold_key=f"sale:{no}:hold", key=f"sale:{no}:release"
                            )
                            change[member] += points
            except (errors.InsufficientPoints, errors.TooManyHolds):
                pass
        return change

    outcomes = run_threads(THREADS, live)

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    for member in members:
        account = PointAccount.objects.get(pk=member.pk)
        assert account.available - account.debt == 5_000 + sum(
            outcome[member.pk] for outcome in outcomes
        )
        assert account.held == 0
    assert books_close()
    assert deadlocks() == 0


def test_expire_due_when_four_sweeps_run_at_once_then_each_lot_dies_once(run_threads, deadlocks):
    from points import expiry

    members = [
        member_with(100, expires_on=clock.today() + timedelta(days=n % 3)) for n in range(30)
    ]

    outcomes = run_threads(4, lambda: expiry.expire_due(clock.today() + timedelta(days=2)))

    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert sum(outcome.points for outcome in outcomes) == 2_000
    assert sum(PointAccount.objects.get(pk=member.pk).available for member in members) == 1_000
    assert LedgerEntry.objects.filter(kind="expire").count() == 20
    assert books_close()
    assert deadlocks() == 0
