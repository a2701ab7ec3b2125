"""T5 and T6: something breaks after each statement of each verb, or the database says a well-known
no.

All or nothing each time, and the caller's next try has one effect. On SQLite and on MariaDB.
"""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import OperationalError, connection

from mall import verification
from mall.core import transactions
from mall.core.errors import Busy
from mall.core.transactions import transactional
from points import ledger
from points.models import LedgerEntry, PointAccount
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db(transaction=True)
LATER = datetime(2026, 11, 20, 4, 15, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 4, tzinfo=UTC)
PASSING = [1213, 1205, 1020, 3101, 1180]
LOST = [2006, 2013, 4031]


class PowerCut(Exception):
    """Something that no code expects."""


class Break:
    """Raise ``error()`` around statement ``at`` of every ``of`` statements, ``times`` times in
    all.
    """

    def __init__(self, error, *, at, of=3, times=1, after=True):
        self.error, self.at, self.of, self.times, self.after = error, at, of, times, after
        self.seen = 0

    def __call__(self, execute, sql, params, many, context):
        if sql.split()[0] not in ("SELECT", "INSERT", "UPDATE"):
            return execute(sql, params, many, context)
        self.seen += 1
        hit = self.times and (self.seen - 1) % self.of + 1 == self.at
        if hit and not self.after:
            self.times -= 1
            raise self.error()
        outcome = execute(sql, params, many, context)
        if hit:
            self.times -= 1
            raise self.error()
        return outcome


@pytest.fixture
def member():
    """A member with an order to give back and a lot that has just died: each verb also sweeps."""
    with time_machine.travel(datetime(2026, 11, 20, 4, tzinfo=UTC)):
        member = member_with(100, key="gift")
        ledger.accrue(member.pk, points=50, key="soon", expires_on=date(2026, 11, 25))
        ledger.hold(member.pk, points=10, key="sale:A:hold", reference="sale:A", expires_at=LATER)
        ledger.spend(member.pk, points=10, key="sale:A:spend", reference="sale:A")
    with time_machine.travel(DUE):
        yield member


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Six tries, yet without waiting for seconds between them."""
    monkeypatch.setattr(transactions.time, "sleep", lambda seconds: None)


def state(member):
    return PointAccount.objects.filter(pk=member.pk).values().get(), list(
        LedgerEntry.objects.filter(account_id=member.pk).values()
    )


VERBS = {
    "accrue": lambda pk: ledger.accrue(pk, points=5, key="x"),
    "spend": lambda pk: ledger.spend(pk, points=5, key="x", reference="sale:B"),
    "hold": lambda pk: ledger.hold(pk, points=5, key="x", reference="sale:B", expires_at=LATER),
    "capture": lambda pk: ledger.capture(pk, hold_key="sale:A:hold", key="x", points=3),
    "release": lambda pk: ledger.release(pk, hold_key="sale:A:hold", key="x"),
    "refund": lambda pk: ledger.refund(
        pk, of_key="sale:A:spend", points=5, key="x", reference="sale:A"
    ),
    "clawback": lambda pk: ledger.clawback(
        pk, of_key="gift", points=5, key="x", reference="sale:A"
    ),
    "adjust": lambda pk: ledger.adjust(pk, points=5, key="x", actor="staff:9", note="test"),
    "sweep": lambda pk: ledger.sweep(pk),
}


@pytest.mark.parametrize("statement", [1, 2, 3])
@pytest.mark.parametrize("verb", VERBS)
def test_verb_when_power_fails_after_a_statement_then_the_next_try_has_the_one_effect(
    member, verb, statement
):
    before = state(member)

    with connection.execute_wrapper(Break(PowerCut, at=statement)), pytest.raises(PowerCut):
        VERBS[verb](member.pk)

    assert state(member) == before
    first = VERBS[verb](member.pk)
    after = state(member)
    again = VERBS[verb](member.pk)
    assert first is not None
    assert again is None if verb == "sweep" else again.pk == first.pk
    assert state(member) == after
    assert verification.verify() == []


@pytest.mark.parametrize("code", PASSING + LOST)
@pytest.mark.parametrize("statement", [1, 2, 3], ids=["lock", "insert", "update"])
def test_spend_when_the_database_says_a_passing_no_then_it_tries_again_and_has_one_effect(
    member, statement, code
):
    fault = Break(lambda: OperationalError(code, "injected"), at=statement, times=2)

    with connection.execute_wrapper(fault):
        entry = ledger.spend(member.pk, points=5, key="x", reference="sale:B")

    assert (fault.times, entry.delta) == (0, -5)
    assert [row["key"] for row in state(member)[1]].count("x") == 1
    assert verification.verify() == []


@pytest.mark.parametrize("code", [1213, 2013])
def test_spend_when_the_database_never_recovers_then_busy_after_six_tries_and_no_trace(
    member, code
):
    before = state(member)
    fault = Break(lambda: OperationalError(code, "injected"), at=1, times=100, after=False)

    with connection.execute_wrapper(fault), pytest.raises(Busy) as busy:
        ledger.spend(member.pk, points=5, key="x", reference="sale:B")

    assert (100 - fault.times, busy.value.status) == (transactions.TRIES, 503)
    assert state(member) == before


@pytest.mark.parametrize("code", [1213, 2013])
@pytest.mark.parametrize("committed", [False, True])
def test_spend_when_commit_fails_before_or_after_it_was_done_then_one_effect(
    member, monkeypatch, committed, code
):
    """A link that dies after COMMIT leaves the outcome unknown; the key of the fact makes trying
    again safe.
    """
    commit, faults = connection._commit, [OperationalError(code, "injected")]

    def broken():
        if faults:
            if committed:
                commit()
            raise faults.pop()
        return commit()

    monkeypatch.setattr(connection, "_commit", broken)
    entry = ledger.spend(member.pk, points=5, key="x", reference="sale:B")

    assert (faults, entry.delta) == ([], -5)
    assert [row["key"] for row in state(member)[1]].count("x") == 1
    assert verification.verify() == []


def test_spend_when_another_error_comes_then_it_is_not_tried_again(member):
    fault = Break(lambda: OperationalError(1054, "unknown column"), at=2, times=100)

    with connection.execute_wrapper(fault), pytest.raises(OperationalError):
        ledger.spend(member.pk, points=5, key="x", reference="sale:B")

    assert 100 - fault.times == 1


def test_verbs_when_the_outer_transaction_meets_a_deadlock_then_all_of_it_is_done_again_once(
    member,
):
    """Catching 1213 inside would lose the first verb's writes without a word."""
    runs = []

    @transactional
    def fact():
        runs.append(1)
        ledger.accrue(member.pk, points=5, key="a")
        return ledger.spend(member.pk, points=5, key="b", reference="sale:B")

    with connection.execute_wrapper(Break(lambda: OperationalError(1213, "injected"), at=5, of=6)):
        fact()

    assert len(runs) == 2
    assert sorted(row["key"] for row in state(member)[1] if row["key"] in ("a", "b")) == ["a", "b"]
    assert verification.verify() == []


def test_refusal_when_inside_a_larger_transaction_then_the_rest_of_it_stands(member):
    @transactional
    def fact():
        ledger.accrue(member.pk, points=5, key="a")
        try:
            ledger.spend(member.pk, points=5_000, key="b", reference="sale:B")
        except ledger.errors.InsufficientPoints:
            return "kept"

    assert fact() == "kept"
    assert LedgerEntry.objects.filter(account_id=member.pk, key="a").exists()
    assert verification.verify() == []
