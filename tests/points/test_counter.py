"""T13 and T16: two oracles that know the books from outside, the counter formula and the seal."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mall import verification
from points import chain, ledger, machine
from points.models import LedgerEntry, PointAccount
from points.postings import Posting
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
A_MILLION = [
    pytest.mark.long,
    pytest.mark.once(on="sqlite"),
    pytest.mark.timeout(7200),
    # a transaction of its own each batch: what waits for one's end would take 2 GB
    pytest.mark.django_db(transaction=True),
]
FIRST_DAY = date(2028, 2, 20)  # the leap day lies ahead
STEPS = st.lists(
    st.tuples(st.integers(0, 20), st.booleans(), st.integers(1, 60), st.integers(0, 60)),
    min_size=1,
    max_size=60,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_ledger_when_the_history_is_monotone_then_the_counter_formula_tells_what_expires(
    steps,
):
    """T13: expirable(d) = max(0, credited with expiry before d − all that ever left). No lots are
    needed to know it.
    """
    member, day, last, credited, gone = member_with(), FIRST_DAY, FIRST_DAY, [], 0
    for number, (days, is_credit, points, life) in enumerate(steps):
        day += timedelta(days=days)
        dead = max(0, sum(n for expires_on, n in credited if expires_on < day) - gone)
        left = sum(n for _, n in credited) - gone - dead
        if is_credit or not left:
            last = max(last, day + timedelta(days=life))
            ledger.accrue(member.pk, points=points, key=f"gift:{number}", expires_on=last, on=day)
            credited.append((last, points))
        else:
            ledger.spend(
                member.pk,
                points=min(points, left),
                key=f"sale:{number}",
                reference=f"sale:{number}",
                on=day,
            )
            gone += min(points, left)
        gone += dead

        expired = LedgerEntry.objects.filter(account_id=member.pk, kind="expire").values_list(
            "delta", flat=True
        )
        assert -sum(expired) == gone - _spent(member)
        assert (
            PointAccount.objects.get(pk=member.pk).available == sum(n for _, n in credited) - gone
        )
    assert verification.verify(member.pk) == []


def _spent(member):
    return -sum(
        LedgerEntry.objects.filter(account_id=member.pk, kind="spend").values_list(
            "delta", flat=True
        )
    )


def fill(accounts, each):
    """Books of so many accounts with so many entries each, posted in batches through the ledger."""
    members = [member_with().pk for _ in range(accounts)]
    for number in range(each):
        command = machine.Accrue(10, "2099-12-31") if number % 3 else machine.Accrue(3, None)
        for start in range(0, accounts, ledger.BATCH_MAX):
            ledger.post_many(
                [
                    Posting(pk, command, key=f"fact:{number}")
                    for pk in members[start : start + ledger.BATCH_MAX]
                ]
            )
    return members


@pytest.mark.parametrize(
    ("accounts", "each"),
    [(100, 100), pytest.param(1_000, 1_000, marks=A_MILLION)],
)
def test_verify_when_one_entry_was_altered_and_its_tail_rewritten_then_that_account_is_named(
    accounts, each
):
    """T16: the thief raises one entry, mends every sum, lot, seal and head after it, and has all
    but the key.
    """
    members = fill(accounts, each)
    chance = random.Random(16)
    victim, seq = chance.choice(members), chance.randrange(2, each)
    entries = list(LedgerEntry.objects.filter(account_id=victim).order_by("seq"))

    with override_settings(LEDGER_KEY="a key the thief made up"):
        head = entries[seq - 2].hash
        for entry in entries[seq - 1 :]:
            if entry.seq == seq:
                entry.delta += 1
                entry.alloc["lots"][0][1] += 1
            entry.balance_after += 1
            entry.hash = head = chain.seal(head, entry)
    _write(victim, entries[seq - 1 :], day=entries[seq - 1].alloc["lots"][0][0])

    assert [(found.account, found.check) for found in verification.verify()] == [
        (victim, f"the seal of entry {seq} is broken")
    ]


def _write(victim, tail, *, day):
    account = PointAccount.objects.get(pk=victim)
    entry_field, account_field = LedgerEntry._meta.get_field, PointAccount._meta.get_field
    written = [(entry_field("alloc").get_db_prep_save(e.alloc, connection), e) for e in tail]
    lots = account_field("lots").get_db_prep_save(
        [[d, n + (d == day)] for d, n in account.lots], connection
    )
    with connection.cursor() as cursor:
        for alloc, entry in written:
            sql = (
                "UPDATE points_ledgerentry SET delta = %s, balance_after = %s, alloc = %s, "
                "hash = %s WHERE id = %s"
            )
            cursor.execute(sql, [entry.delta, entry.balance_after, alloc, entry.hash, entry.pk])
        cursor.execute(
            "UPDATE points_pointaccount SET available = available + 1, credited = credited + 1, "
            "lots_total = lots_total + 1, lots = %s,"
            " head = %s WHERE user_id = %s",
            [lots, tail[-1].hash, victim],
        )
