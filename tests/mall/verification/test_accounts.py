"""T15 and T16: raw SQL behind the ledger's back is refused by a constraint or found by one
verify_ledger.
"""

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from mall import tasks, verification
from mall.verification import accounts
from points import chain, ledger
from points.models import SEQ_SPAN, LedgerEntry, PointAccount
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 11, 20, 4, 15, tzinfo=UTC)


@pytest.fixture
def member():
    """A member who has done a bit of everything."""
    member = member_with(100, key="gift")
    ledger.accrue(member.pk, points=50, key="lasting", expires_on=None)
    ledger.spend(member.pk, points=30, key="sale:A:spend", reference="sale:A")
    ledger.refund(
        member.pk, of_key="sale:A:spend", points=10, key="sale:A:refund:1", reference="sale:A"
    )
    ledger.hold(member.pk, points=20, key="sale:B:hold", reference="sale:B", expires_at=LATER)
    ledger.capture(member.pk, hold_key="sale:B:hold", key="sale:B:capture", points=15)
    ledger.hold(member.pk, points=20, key="sale:C:hold", reference="sale:C", expires_at=LATER)
    return member


def sql(statement, *params):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def entry_id(member, seq):
    return member.pk * SEQ_SPAN + seq


def test_verify_when_nobody_cheated_then_nothing_is_found(member):
    assert verification.verify() == []
    assert verification.verify(member.pk) == []


ACCOUNT = "UPDATE points_pointaccount SET {} WHERE user_id = %s"
ENTRY = "UPDATE points_ledgerentry SET {} WHERE id = %s"


@pytest.mark.parametrize(
    "change",
    [
        "available = -1",
        "held = -1",
        "debt = -1",
        "available = available + 1",
        "available = available + 1, credited = credited + 1",
        "credited = credited - 1",
        "debt = 1",
        "lots_total = 0",
    ],
)
def test_account_when_raw_sql_breaks_its_sums_then_the_database_refuses(member, change):
    with pytest.raises(DatabaseError):
        sql(ACCOUNT.format(change), member.pk)

    assert verification.verify() == []


@pytest.mark.parametrize(
    "change",
    ["seq = 99", "id = id + 1000", "balance_after = -1", "held_after = -1", "debt_after = -1"],
)
def test_entry_when_raw_sql_breaks_its_number_or_sign_then_the_database_refuses(member, change):
    with pytest.raises(DatabaseError):
        sql(ENTRY.format(change), entry_id(member, 3))


def insert_copy(member, source, **changes):
    """Insert a copy of an entry with other values, past the ledger."""
    row = LedgerEntry.objects.filter(pk=entry_id(member, source)).values().get() | changes
    row["alloc"] = json.dumps(row["alloc"])
    row["created_at"] = connection.ops.adapt_datetimefield_value(row["created_at"])
    row["biz_date"] = row["biz_date"].isoformat()
    names = ", ".join(connection.ops.quote_name(name) for name in row)
    sql(
        f"INSERT INTO points_ledgerentry ({names}) VALUES ({', '.join(['%s'] * len(row))})",
        *row.values(),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "other"},  # a second entry with the same number
        {"seq": 50, "key": "other"},  # number and id do not agree
        {"id": 5, "seq": 5, "key": "other"},
        {"seq": 50, "id": "next", "key": "gift"},  # a fact posted twice
    ],
)
def test_entry_when_raw_sql_inserts_a_double_then_the_database_refuses(member, changes):
    if changes.get("id") == "next":
        changes = {**changes, "id": entry_id(member, changes["seq"])}

    with pytest.raises(DatabaseError):
        insert_copy(member, 1, **changes)


def test_entry_when_its_account_does_not_exist_then_the_database_refuses(member):
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_copy(member, 1, account_id=99_999, id=99_999 * SEQ_SPAN + 1)
        connection.check_constraints()  # SQLite looks at foreign keys at COMMIT only


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("delta = delta + 1", 1),
        ("balance_after = balance_after + 1", 2),
        ("alloc = '{\"lots\": []}'", 3),
        ("description = 'a present'", 1),
        ("note = 'nothing to see'", 5),
        ("reference = 'sale:Z'", 3),
        ("biz_date = '2020-01-01'", 1),
        ("created_at = '2020-01-01 00:00:00'", 2),
        ("actor = 'nobody'", 4),
        ("kind = 'adjust'", 1),
        ("reverses_seq = 2", 4),
        ("rule = 'login'", 1),
        ("hash = 'ff'", 7),
    ],
)
def test_verify_when_an_entry_was_edited_then_found(member, change, seq):
    sql(ENTRY.format(change), entry_id(member, seq))

    assert {finding.account for finding in verification.verify()} == {member.pk}


def test_verify_when_an_entry_in_the_middle_was_deleted_then_found(member):
    sql("DELETE FROM points_ledgerentry WHERE id = %s", entry_id(member, 3))

    assert any(finding.check == "entries are missing" for finding in verification.verify())


def test_verify_when_the_tail_was_cut_off_and_the_account_made_to_fit_then_found(member):
    """Without the key nobody can write a seal; with an old head the chain still ends where it
    should not.
    """
    sql("DELETE FROM points_ledgerentry WHERE id = %s", entry_id(member, 7))
    sixth = LedgerEntry.objects.get(pk=entry_id(member, 6))
    change = "seq = 6, held = 0, available = 115, lots_total = 115, debited = credited - 115"
    sql(ACCOUNT.format(change), member.pk)
    assert sixth.balance_after == 115

    checks = {finding.check for finding in verification.verify()}

    assert "the account's head is not the last seal" in checks


def test_verify_when_an_entry_was_rewritten_with_a_seal_of_another_key_then_found(member, settings):
    key = settings.LEDGER_KEY
    settings.LEDGER_KEY = "forged" * 10
    last = LedgerEntry.objects.get(pk=entry_id(member, 7))
    before = LedgerEntry.objects.get(pk=entry_id(member, 6))
    last.note = "forged"
    forged = chain.seal(before.hash, last)
    sql(ENTRY.format("note = 'forged', hash = %s"), forged, last.pk)
    sql(ACCOUNT.format("head = %s"), forged, member.pk)
    settings.LEDGER_KEY = key

    assert [finding.check for finding in verification.verify()] == ["the seal of entry 7 is broken"]


def test_verify_when_an_entry_was_added_behind_the_accounts_back_then_found(member):
    insert_copy(member, 1, id=entry_id(member, 8), seq=8, key="present")

    assert [finding.check for finding in verification.verify()] == [
        "entries beyond the account's seq"
    ]


def test_verify_when_more_was_refunded_than_spent_then_found(member):
    """An over-refund with sums, lots and all made to fit is still found, by its seal and by what it
    goes back to.
    """
    account = PointAccount.objects.get(pk=member.pk)
    lots = [
        [day, points + 500 if index == 0 else points]
        for index, (day, points) in enumerate(account.lots)
    ]
    extra = {
        "id": entry_id(member, 8),
        "seq": 8,
        "key": "sale:A:refund:9",
        "delta": 500,
        "held_after": 20,
    }
    extra["balance_after"] = account.available + 500
    insert_copy(member, 4, **extra, alloc={"lots": [[lots[0][0], 500]], "left": []})
    total = account.available + 500
    change = "seq = 8, available = %s, lots_total = %s, credited = credited + 500, lots = %s"
    sql(ACCOUNT.format(change), total, total, json.dumps(lots), member.pk)

    checks = {finding.check for finding in verification.verify()}

    assert checks == {"entry 8 goes back to more than there was", "the seal of entry 8 is broken"}


def test_verify_when_balances_were_moved_together_then_found(member):
    sql(
        ACCOUNT.format(
            "available = available + 5, credited = credited + 5, lots_total = lots_total + 5"
        ),
        member.pk,
    )

    checks = [finding.check for finding in verification.verify()]

    assert "available is not the sum of its entries" in checks


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("lots = '[]'", "lots are not the replay of the entries"),
        ("holds = '{}'", "open holds are not those of the entries"),
        ("next_expiry = '2020-01-01'", "next expiry is not the first lot's day"),
        ("head = ''", "the account's head is not the last seal"),
        ("held = held + 1", "held is not the sum of its entries"),
    ],
)
def test_verify_when_the_account_was_edited_then_found(member, change, check):
    sql(ACCOUNT.format(change), member.pk)

    assert [finding.check for finding in verification.verify()] == [check]


@pytest.mark.parametrize(
    "change",
    [
        (ACCOUNT, "lots = '{}'"),
        (ACCOUNT, "lots = '[[\"2027-01-31\"]]'"),
        (ACCOUNT, "holds = '[]'"),
        (ACCOUNT, "holds = '{\"sale:C:hold\": {}}'"),
        (ENTRY, "alloc = '[]'"),
        (ENTRY, 'alloc = \'{"lots": [[null, "many"]]}\''),
    ],
)
def test_verify_when_one_cell_cannot_be_read_then_a_finding_and_all_others_are_compared(
    member, change
):
    other = member_with(10)
    statement, cell = change
    sql(statement.format(cell), member.pk if statement == ACCOUNT else entry_id(member, 1))
    sql(ACCOUNT.format("head = ''"), other.pk)

    found = {finding.account for finding in verification.verify()}

    assert found == {member.pk, other.pk}


def test_verify_when_one_account_of_many_drifted_then_only_that_one_is_frozen(member, capsys):
    others = [member_with(10) for _ in range(5)]
    sql(ENTRY.format("delta = delta + 1"), entry_id(member, 1))

    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", "--json")

    report = json.loads(capsys.readouterr().out)
    assert (ended.value.code, report["ok"], report["accounts"], report["frozen"]) == (
        1,
        False,
        6,
        [member.pk],
    )
    assert {mismatch["account"] for mismatch in report["mismatches"]} == {member.pk}
    assert PointAccount.objects.get(pk=member.pk).status == "frozen"
    assert [PointAccount.objects.get(pk=other.pk).status for other in others] == ["active"] * 5


def test_verify_ledger_when_the_books_close_then_it_says_so_and_freezes_nobody(member, capsys):
    call_command("verify_ledger", "--account", str(member.pk))

    assert capsys.readouterr().out.strip() == "1 accounts compared, 0 mismatches, 0 accounts frozen"


@pytest.mark.django_db
def test_verify_ledger_when_there_is_no_such_account_then_says_so():
    with pytest.raises(CommandError, match="no account 999999"):
        call_command("verify_ledger", "--account", "999999")


def test_verify_ledger_when_run_by_beat_and_books_do_not_close_then_the_task_fails(member):
    sql(ACCOUNT.format("held = held + 1"), member.pk)

    with pytest.raises(tasks.BooksDoNotClose):
        tasks.verify_ledger()

    assert PointAccount.objects.get(pk=member.pk).status == "frozen"


def test_verify_when_many_accounts_then_the_queries_grow_by_batches_only(
    django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(accounts, "BATCH", 4)
    for _ in range(8):
        member_with(10)
    # Two batches of accounts, entries, facts, promises and what was taken back, one look whether
    # there is a third.
    with django_assert_num_queries(16):
        assert accounts.verify_accounts() == []


@pytest.mark.parametrize(
    ("entries", "parts"),
    [(1, [1, 2, 3, 4]), (2, [1, 2, 4]), (7, [1, 4]), (10, [2, 4]), (12, [4])],
)
def test_verify_when_accounts_have_many_entries_then_only_so_many_are_read_at_once(
    member, monkeypatch, entries, parts
):
    # given: accounts of 7, 3, 1 and 1 entries
    others = [member_with(10) for _ in range(3)]
    sql(ENTRY.format("delta = delta + 1"), entry_id(others[-1], 1))
    for sale in ("sale:1", "sale:2"):
        ledger.spend(others[0].pk, points=1, key=sale, reference=sale)
    monkeypatch.setattr(accounts, "ENTRIES", entries)
    told = []

    found = accounts.verify_accounts(on_batch=told.append)

    assert told == parts
    assert {finding.account for finding in found} == {others[-1].pk}
