"""The lock as a value: one for a member and transaction, exact through savepoints and retries."""

from contextlib import suppress

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from mall import verification
from mall.core import rows
from mall.core.transactions import transactional
from points import errors, ledger
from points.locked_account import NotHeld
from points.models import LedgerEntry, PointAccount
from tests.factories.points import MemberFactory, member_with

pytestmark = pytest.mark.django_db


class TakenBack(Exception):
    """What ends a savepoint here."""


def sent(call):
    with CaptureQueriesContext(connection) as captured:
        transactional(call)()
    return [query["sql"].split()[0] for query in captured]


def spend(account, points, key):
    return account.spend(points=points, key=key, reference="order:A")


def entries_of(member):
    found = LedgerEntry.objects.filter(account_id=member.pk).order_by("seq")
    return list(found.values_list("seq", "delta", "balance_after"))


# --- one lock ------------------------------------------------------------------
def test_open_when_a_verb_opens_again_then_it_is_the_same_and_costs_nothing():
    member, opened = member_with(100), []

    statements = sent(lambda: opened.extend(ledger.open(member.pk) for _ in range(3)))

    assert statements == ["SELECT"]
    assert opened[0] is opened[1] is opened[2]


def test_spend_when_the_account_is_open_then_its_row_is_not_read_again():
    member = member_with(100)

    def pay_twice():
        account = ledger.open(member.pk)
        account.spend(points=10, key="order:A:spend", reference="order:A", fresh=True)
        ledger.spend(member.pk, points=20, key="order:B:spend", reference="order:B")

    statements = sent(pay_twice)

    assert statements == [
        "SELECT",  # the lock
        "INSERT",
        "UPDATE",
        "SELECT",  # posted before under the second key?
        "INSERT",
        "UPDATE",
    ]
    assert entries_of(member)[-2:] == [(2, -10, 90), (3, -20, 70)]
    assert verification.verify() == []


def test_open_when_another_row_is_asked_for_then_one_statement_brings_both():
    member = member_with(100)
    entry = LedgerEntry.objects.get(account_id=member.pk)
    there = rows.Wanted(LedgerEntry, {"account_id": member.pk, "key": entry.key})
    missing = rows.Wanted(LedgerEntry, {"account_id": member.pk, "key": "nothing"})
    seen = []

    first = sent(lambda: seen.append(ledger.open(member.pk, seen=there).seen))
    second = sent(lambda: seen.append(ledger.open(member.pk, seen=missing).seen))

    assert (first, second) == (["SELECT"], ["SELECT"])
    assert (seen[0], seen[0].alloc, seen[0].created_at) == (entry, entry.alloc, entry.created_at)
    assert seen[1] is None


def test_open_all_when_many_then_one_statement_locks_them():
    members = [member_with(10) for _ in range(3)]

    statements = sent(lambda: ledger.open_all(member.pk for member in members))

    assert statements == ["SELECT"]


def test_post_many_when_one_of_its_members_is_open_then_both_stay_exact():
    first, second = member_with(100), member_with(100)

    @transactional
    def post():
        account = ledger.open(first.pk)
        spend(account, 10, "order:A:spend")
        ledger.post_many(
            [
                ledger.Posting(member.pk, ledger.machine.Spend(5), key="x", reference="order:X")
                for member in (first, second)
            ]
        )
        again = account.spend(points=5, key="x", reference="order:X")
        spend(account, 20, "order:B:spend")
        return again

    again = post()

    assert (again.seq, again.is_new) == (3, False)
    assert entries_of(first)[-3:] == [(2, -10, 90), (3, -5, 85), (4, -20, 65)]
    assert verification.verify() == []


def test_freeze_when_the_account_is_open_then_its_next_posting_sees_it_and_keeps_it():
    member = member_with(100)

    @transactional
    def freeze_and_spend():
        account = ledger.open(member.pk)
        spend(account, 10, "order:A:spend")
        ledger.freeze(member.pk, note="looks odd")
        with pytest.raises(errors.AccountFrozen):
            spend(account, 10, "order:B:spend")
        account.adjust(points=5, key="adjust", actor="staff:1", note="a gift")

    freeze_and_spend()

    account = PointAccount.objects.get(pk=member.pk)
    assert (account.status, account.status_note, account.available) == ("frozen", "looks odd", 95)


# --- savepoints and retries -------------------------------------------------------
def test_spend_when_a_savepoint_is_taken_back_then_the_account_forgets_it_too():
    member = member_with(100)

    @transactional
    def pay():
        account = ledger.open(member.pk)
        spend(account, 10, "order:A:spend")
        with suppress(TakenBack), transaction.atomic():
            spend(account, 80, "order:B:spend")
            with transaction.atomic():
                spend(account, 5, "order:C:spend")
            raise TakenBack
        spend(account, 80, "order:B:spend")
        return account.row.available

    left = pay()

    assert left == 10
    assert entries_of(member)[-2:] == [(2, -10, 90), (3, -80, 10)]
    assert verification.verify() == []


def test_spend_when_a_key_was_first_read_in_a_savepoint_taken_back_then_a_repeat_is_still_seen():
    member = member_with(100)
    ledger.spend(member.pk, points=7, key="paid", reference="order:A")

    @transactional
    def pay_again():
        account = ledger.open(member.pk)
        with suppress(TakenBack), transaction.atomic():
            spend(account, 1, "order:B:spend")
            spend(account, 7, "paid")
            raise TakenBack
        return spend(account, 7, "paid")

    again = pay_again()

    assert (again.is_new, again.seq) == (False, 2)
    assert verification.verify() == []


def test_open_when_its_savepoint_made_the_account_and_is_taken_back_then_it_opens_anew():
    member = MemberFactory()  # nobody opened an account of points

    @transactional
    def come_twice():
        with suppress(TakenBack), transaction.atomic():
            first = ledger.open(member.pk)
            first.accrue(points=5, key="gift")
            raise TakenBack
        second = ledger.open(member.pk)
        second.accrue(points=7, key="gift")
        return first, second

    first, second = come_twice()

    assert first is not second
    assert entries_of(member) == [(1, 7, 7)]
    assert verification.verify() == []


@pytest.mark.django_db(transaction=True)
def test_open_when_the_transaction_is_tried_again_then_a_new_account_begins():
    member, opened = member_with(100), []

    @transactional
    def pay():
        account = ledger.open(member.pk)
        opened.append(account)
        spend(account, 10, "order:A:spend")
        if len(opened) == 1:
            raise OperationalError(1213, "Deadlock found when trying to get lock")

    pay()

    assert opened[0] is not opened[1]
    assert entries_of(member)[-1] == (2, -10, 90)
    assert verification.verify() == []


# --- misuse -----------------------------------------------------------------------
def test_open_when_outside_a_verb_then_refused_aloud():
    member = member_with(100)

    with pytest.raises(RuntimeError, match="transactional"):
        ledger.open(member.pk)


def test_spend_when_the_verb_that_opened_it_is_over_then_refused_aloud():
    member = member_with(100)
    account = transactional(ledger.open)(member.pk)

    with pytest.raises(NotHeld):
        spend(account, 1, "order:A:spend")
    with pytest.raises(NotHeld):
        transactional(lambda: spend(account, 1, "order:A:spend"))()

    assert entries_of(member) == [(1, 100, 100)]


# --- any order of things --------------------------------------------------------------
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["accrue", "spend", "refund", "begin", "keep", "take back"]),
        st.integers(1, 40),
    ),
    max_size=25,
)


class Savepoints(TestCase):
    """Verbs and savepoints in any order leave what the database alone would have left."""

    @settings(max_examples=30, deadline=None)
    @given(steps=STEPS)
    def test_post_when_savepoints_come_and_go_then_books_close(self, steps):
        member = member_with(50)
        balances, points_of = [50], {}

        @transactional
        def play():
            account, savepoints = ledger.open(member.pk), []
            for number, (step, points) in enumerate(steps):
                if step == "begin":
                    savepoints.append((transaction.atomic(), balances[-1], dict(points_of)))
                    savepoints[-1][0].__enter__()
                elif step in ("keep", "take back") and savepoints:
                    savepoint, balance, known = savepoints.pop()
                    if step == "keep":
                        savepoint.__exit__(None, None, None)
                    else:
                        savepoint.__exit__(TakenBack, TakenBack(), None)
                        balances.append(balance)
                        points_of.clear()
                        points_of.update(known)
                elif step == "accrue":
                    account.accrue(points=points, key=f"gift:{number}")
                    balances.append(balances[-1] + points)
                elif step == "spend" and points <= balances[-1]:
                    spend(account, points, f"order:{number}")
                    points_of[f"order:{number}"] = points
                    balances.append(balances[-1] - points)
                elif step == "refund" and points_of:
                    key, spent = points_of.popitem()
                    account.refund(of_key=key, points=spent, key=f"{key}:back", reference="order:A")
                    balances.append(balances[-1] + spent)
            for savepoint, _balance, _known in reversed(savepoints):
                savepoint.__exit__(None, None, None)
            return account.row.available

        assert play() == balances[-1]
        assert PointAccount.objects.get(pk=member.pk).available == balances[-1]
        assert verification.verify(member.pk) == []
