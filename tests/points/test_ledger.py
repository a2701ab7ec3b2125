"""Each verb: happy, refused, repeated; its rows and balances whole; its statements counted. Races:
tests/races.
"""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mall import verification
from mall.core import clock
from points import errors, ledger, machine
from points.errors import ReadOnlyBooks
from points.models import SEQ_SPAN, LedgerEntry, PointAccount
from tests.factories.points import MemberFactory, member_with

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Shanghai
LATER = datetime(2026, 11, 20, 4, 15, tzinfo=UTC)
STANDARD = "2027-11-30"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def member():
    return member_with(100, key="gift")


def balances(member):
    account = PointAccount.objects.get(pk=member.pk)
    return account.available, account.held, account.debt


def lots(member):
    return PointAccount.objects.get(pk=member.pk).lots


def deltas(entry):
    return entry.kind, entry.delta, entry.held_delta, entry.debt_delta


def refresh(entry):
    return type(entry).objects.get(pk=entry.pk)


@pytest.fixture(autouse=True)
def _books_close():
    yield
    assert verification.verify() == []


# --- accrue ------------------------------------------------------------------


def test_accrue_when_member_is_new_then_entry_and_account_say_the_same():
    member = MemberFactory()

    entry = ledger.accrue(
        member.pk,
        points=20,
        key="checkin:2026-11-20",
        rule="checkin",
        rule_version=1,
        reference="checkin:2026-11-20",
    )

    assert LedgerEntry.objects.filter(account_id=member.pk).values().get() == {
        "id": member.pk * SEQ_SPAN + 1,
        "account_id": member.pk,
        "seq": 1,
        "kind": "accrue",
        "delta": 20,
        "held_delta": 0,
        "debt_delta": 0,
        "balance_after": 20,
        "held_after": 0,
        "debt_after": 0,
        "alloc": {"lots": [[STANDARD, 20]]},
        "key": "checkin:2026-11-20",
        "rule": "checkin",
        "rule_version": 1,
        "reference": "checkin:2026-11-20",
        "reverses_seq": None,
        "actor": "",
        "description": "",
        "note": "",
        "biz_date": date(2026, 11, 20),
        "created_at": NOON,
        "hash": entry.hash,
    }
    assert PointAccount.objects.filter(pk=member.pk).values().get() == {
        "user_id": member.pk,
        "available": 20,
        "held": 0,
        "debt": 0,
        "credited": 20,
        "debited": 0,
        "lots": [[STANDARD, 20]],
        "holds": {},
        "lots_total": 20,
        "next_expiry": date(2027, 11, 30),
        "seq": 1,
        "day": date(2026, 11, 20),
        "day_counts": {"earned": 0, "rules": {"checkin": [1, 1, 1, 1]}},
        "head": entry.hash,
        "status": "active",
        "status_note": "",
        "opened_at": NOON,
        "told": 0,
        "heard": 0,
        "hear_at": None,
        "hear_tries": 0,
    }


def test_accrue_when_returned_entry_is_read_again_then_it_is_the_same_row(member):
    entry = ledger.accrue(member.pk, points=20, key="a", note="为什么")

    fresh = refresh(entry)

    assert {
        field.attname: getattr(entry, field.attname) for field in LedgerEntry._meta.concrete_fields
    } == {
        field.attname: getattr(fresh, field.attname) for field in LedgerEntry._meta.concrete_fields
    }


def test_accrue_when_key_repeats_then_first_entry_comes_back(member):
    first = ledger.accrue(member.pk, points=20, key="a")

    again = ledger.accrue(member.pk, points=20, key="a")

    assert again.pk == first.pk
    assert balances(member) == (120, 0, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"points": 21},
        {"reference": "x"},
        {"rule": "x"},
        {"expires_on": None},
        {"expires_on": date(2027, 1, 1)},
    ],
)
def test_accrue_when_key_repeats_with_other_content_then_refused(member, other):
    ledger.accrue(member.pk, points=20, key="a")

    with pytest.raises(errors.KeyConflict) as refusal:
        ledger.accrue(member.pk, **{"points": 20, "key": "a", **other})

    assert (refusal.value.code, refusal.value.status) == ("idempotency_conflict", 422)
    assert balances(member) == (120, 0, 0)


@pytest.mark.parametrize(
    "points", [0, -1, 1.5, True, "5", None, 10**30, float("nan"), [1], {"id": 1}]
)
def test_accrue_when_amount_is_odd_then_refused(member, points):
    with pytest.raises(errors.InvalidAmount):
        ledger.accrue(member.pk, points=points, key="a")

    assert balances(member) == (100, 0, 0)


def test_accrue_when_member_does_not_exist_then_refused():
    with pytest.raises(errors.AccountMissing):
        ledger.accrue(987654, points=5, key="a")


@pytest.mark.parametrize("key", ["", "k" * 101])
def test_accrue_when_key_names_nothing_then_it_is_a_programming_error(member, key):
    with pytest.raises(ValueError, match="key"):
        ledger.accrue(member.pk, points=5, key=key)


def test_accrue_when_points_are_owed_then_debt_is_paid_first(member):
    ledger.spend(member.pk, points=70, key="s", reference="order:A")
    ledger.clawback(member.pk, of_key="gift", points=100, key="claw", reference="order:A")
    assert balances(member) == (0, 0, 70)

    part = ledger.accrue(member.pk, points=50, key="a")
    rest = ledger.accrue(member.pk, points=50, key="b")

    assert [deltas(entry) for entry in (part, rest)] == [
        ("accrue", 0, 0, -50),
        ("accrue", 30, 0, -20),
    ]
    assert balances(member) == (30, 0, 0)


def test_accrue_when_account_is_frozen_then_refused(member):
    ledger.freeze(member.pk, note="too fast")

    with pytest.raises(errors.AccountFrozen):
        ledger.accrue(member.pk, points=5, key="a")

    ledger.unfreeze(member.pk, note="cleared")
    assert ledger.accrue(member.pk, points=5, key="a").delta == 5


# --- spend, hold, capture, release -------------------------------------------


def test_spend_when_lots_differ_then_soonest_goes_first_and_lasting_last(member):
    ledger.accrue(member.pk, points=30, key="never", expires_on=None)
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 12, 31))

    entry = ledger.spend(member.pk, points=130, key="s", reference="order:A")

    assert deltas(entry) == ("spend", -130, 0, 0)
    assert entry.alloc == {"lots": [["2026-12-31", -20], [STANDARD, -100], [None, -10]]}
    assert lots(member) == [[None, 20]]
    assert entry.biz_date == clock.today()  # not a day of its lots


def test_spend_when_points_are_short_then_refused_with_the_numbers(member):
    with pytest.raises(errors.InsufficientPoints) as refusal:
        ledger.spend(member.pk, points=220, key="s", reference="order:A")

    assert refusal.value.numbers == {"available": 100, "needed": 220, "missing": 120}
    assert (refusal.value.code, refusal.value.status) == ("insufficient_points", 409)
    assert balances(member) == (100, 0, 0)


def test_spend_when_account_is_frozen_then_refused(member):
    ledger.freeze(member.pk, note="risk")

    with pytest.raises(errors.AccountFrozen):
        ledger.spend(member.pk, points=1, key="s", reference="order:A")


def test_hold_when_points_suffice_then_they_wait_in_escrow(member):
    held = ledger.hold(
        member.pk, points=60, key="order:A:hold", reference="order:A", expires_at=LATER
    )

    assert (held.alloc["until"], deltas(held)) == (LATER.isoformat(), ("hold", -60, 60, 0))
    assert balances(member) == (40, 60, 0)
    holds = {"order:A:hold": {"seq": 2, "lots": [[STANDARD, 60]], "until": LATER.isoformat()}}
    assert PointAccount.objects.get(pk=member.pk).holds == holds


def test_hold_when_key_repeats_then_first_hold_comes_back(member):
    first = ledger.hold(
        member.pk, points=60, key="order:A:hold", reference="order:A", expires_at=LATER
    )

    again = ledger.hold(
        member.pk, points=60, key="order:A:hold", reference="order:A", expires_at=LATER
    )

    assert again.pk == first.pk
    assert balances(member) == (40, 60, 0)


def test_hold_when_too_many_are_open_then_refused():
    member = member_with(1_000)
    for number in range(machine.HOLDS_MAX):
        ledger.hold(
            member.pk,
            points=1,
            key=f"order:{number}:hold",
            reference=f"order:{number}",
            expires_at=LATER,
        )

    with pytest.raises(errors.TooManyHolds):
        ledger.hold(member.pk, points=1, key="order:X:hold", reference="order:X", expires_at=LATER)


def test_capture_when_whole_hold_is_used_then_nothing_comes_back(member):
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)

    entry = ledger.capture(member.pk, hold_key="h", key="c", reference="order:A")

    assert deltas(entry) == ("capture", 0, -60, 0)
    assert (entry.alloc, entry.reverses_seq) == ({"lots": [], "used": [[STANDARD, 60]]}, 2)
    assert balances(member) == (40, 0, 0)


def test_capture_when_part_is_used_then_latest_expiring_rest_goes_back(member):
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 12, 31))
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)

    entry = ledger.capture(member.pk, hold_key="h", key="c", points=25)

    assert deltas(entry) == ("capture", 35, -60, 0)
    assert entry.alloc == {"lots": [[STANDARD, 35]], "used": [["2026-12-31", 20], [STANDARD, 5]]}
    assert balances(member) == (95, 0, 0)


def test_capture_when_more_than_held_then_refused(member):
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)

    with pytest.raises(errors.OverRefund):
        ledger.capture(member.pk, hold_key="h", key="c", points=61)

    assert balances(member) == (40, 60, 0)


def test_capture_when_hold_was_released_then_refused(member):
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)
    ledger.release(member.pk, hold_key="h", key="r")

    with pytest.raises(errors.HoldClosed):
        ledger.capture(member.pk, hold_key="h", key="c")

    assert balances(member) == (100, 0, 0)


@pytest.mark.parametrize("times", [1, 2])
def test_release_when_asked_once_or_twice_then_points_come_back_once(member, times):
    """Trap 5: used points returned twice."""
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)

    entries = [
        ledger.release(member.pk, hold_key="h", key="r", reference="order:A") for _ in range(times)
    ]

    assert {entry.pk for entry in entries} == {entries[0].pk}
    assert deltas(entries[0]) == ("release", 60, -60, 0)
    assert (balances(member), lots(member)) == ((100, 0, 0), [[STANDARD, 100]])


def test_release_when_another_key_comes_second_then_refused(member):
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)
    ledger.release(member.pk, hold_key="h", key="order:A:release")

    with pytest.raises(errors.HoldClosed):
        ledger.release(member.pk, hold_key="h", key="order:A:timeout")


def test_release_when_account_is_frozen_then_points_still_come_back(member):
    ledger.hold(member.pk, points=60, key="h", reference="order:A", expires_at=LATER)
    ledger.freeze(member.pk, note="risk")

    ledger.release(member.pk, hold_key="h", key="r")

    assert balances(member) == (100, 0, 0)


# --- refund, clawback, adjust ------------------------------------------------


def test_refund_when_an_order_is_cancelled_then_balance_and_lots_are_as_before_it(member):
    """Trap 4: a refund returns to the exact pre-order balance."""
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 12, 31))
    before = balances(member), lots(member)
    ledger.spend(member.pk, points=115, key="order:A:spend", reference="order:A")

    entry = ledger.refund(
        member.pk, of_key="order:A:spend", points=115, key="order:A:refund:1", reference="order:A"
    )

    assert (deltas(entry), entry.reverses_seq) == (("refund", 115, 0, 0), 3)
    assert (balances(member), lots(member)) == before


def test_refund_when_it_comes_in_parts_then_never_above_the_whole(member):
    """Trap 7: 20 % + 20 % = 40 %, never above 100 %."""
    ledger.spend(member.pk, points=100, key="s", reference="order:A")

    for number in range(5):
        ledger.refund(member.pk, of_key="s", points=20, key=f"r{number}", reference="order:A")
        assert balances(member) == (20 * (number + 1), 0, 0)
    with pytest.raises(errors.OverRefund) as refusal:
        ledger.refund(member.pk, of_key="s", points=1, key="r5", reference="order:A")

    assert refusal.value.numbers == {"left": 0, "asked": 1}


def test_refund_when_part_comes_back_then_latest_expiring_comes_first(member):
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 12, 31))
    ledger.spend(member.pk, points=120, key="s", reference="order:A")

    entry = ledger.refund(member.pk, of_key="s", points=110, key="r", reference="order:A")

    assert entry.alloc == {
        "lots": [["2026-12-31", 10], [STANDARD, 100]],
        "left": [["2026-12-31", 10]],
    }


def test_refund_when_key_repeats_then_points_come_back_once(member):
    ledger.spend(member.pk, points=100, key="s", reference="order:A")
    first = ledger.refund(member.pk, of_key="s", points=40, key="r", reference="order:A")

    again = ledger.refund(member.pk, of_key="s", points=40, key="r", reference="order:A")

    assert again.pk == first.pk
    assert balances(member) == (40, 0, 0)


def test_refund_when_key_repeats_for_another_order_then_refused(member):
    ledger.spend(member.pk, points=40, key="s1", reference="order:A")
    ledger.spend(member.pk, points=40, key="s2", reference="order:A")
    ledger.refund(member.pk, of_key="s1", points=40, key="r", reference="order:A")

    with pytest.raises(errors.KeyConflict):
        ledger.refund(member.pk, of_key="s2", points=40, key="r", reference="order:A")


@pytest.mark.parametrize("of_key", ["gift", "unknown"])
def test_refund_when_entry_is_no_spend_then_refused(member, of_key):
    with pytest.raises(errors.UnknownEntry):
        ledger.refund(member.pk, of_key=of_key, points=1, key="r", reference="order:A")


def test_refund_when_spend_is_another_members_then_refused(member):
    other = member_with(100)
    ledger.spend(other.pk, points=40, key="s", reference="order:A")

    with pytest.raises(errors.UnknownEntry):
        ledger.refund(member.pk, of_key="s", points=40, key="r", reference="order:A")


def test_refund_when_lot_died_meanwhile_then_it_dies_at_once(member):
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 11, 30))
    ledger.spend(member.pk, points=50, key="s", reference="order:A")

    with time_machine.travel(datetime(2026, 12, 1, 4, tzinfo=UTC)):
        ledger.refund(member.pk, of_key="s", points=50, key="r", reference="order:A")

    assert [
        deltas(entry) for entry in LedgerEntry.objects.filter(account_id=member.pk).order_by("seq")
    ][-2:] == [
        ("refund", 50, 0, 0),
        ("expire", -20, 0, 0),
    ]
    assert (balances(member), lots(member)) == ((100, 0, 0), [[STANDARD, 100]])


def test_refund_when_lot_died_and_the_shop_was_at_fault_then_it_lives_thirty_days_more(member):
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 11, 30))
    ledger.spend(member.pk, points=50, key="s", reference="order:A")

    with time_machine.travel(datetime(2026, 12, 1, 4, tzinfo=UTC)):
        ledger.refund(member.pk, of_key="s", points=50, key="r", reference="order:A", at_fault=True)

    assert lots(member) == [["2026-12-31", 20], [STANDARD, 100]]


def test_refund_when_points_are_owed_then_dead_points_pay_no_debt(member):
    ledger.accrue(member.pk, points=20, key="soon", expires_on=date(2026, 11, 30))
    ledger.spend(member.pk, points=120, key="s", reference="order:A")
    ledger.clawback(member.pk, of_key="gift", points=50, key="claw", reference="order:A")

    with time_machine.travel(datetime(2026, 12, 1, 4, tzinfo=UTC)):
        entry = ledger.refund(member.pk, of_key="s", points=50 + 20, key="r", reference="order:A")
        rest = ledger.refund(member.pk, of_key="s", points=50, key="r2", reference="order:A")

    assert deltas(entry) == ("refund", 20, 0, -50)
    assert deltas(rest) == ("refund", 50, 0, 0)
    assert balances(member) == (50, 0, 0)


def test_clawback_when_points_are_spent_then_the_rest_is_owed(member):
    ledger.spend(member.pk, points=70, key="s", reference="order:A")

    entry = ledger.clawback(member.pk, of_key="gift", points=100, key="claw", reference="order:A")

    assert (deltas(entry), entry.reverses_seq) == (("clawback", -30, 0, 70), 1)
    assert balances(member) == (0, 0, 70)


def test_clawback_when_other_points_die_sooner_then_its_own_lot_goes_first(member):
    """Trap 8: what is taken back equals the original entry."""
    ledger.accrue(member.pk, points=50, key="soon", expires_on=date(2026, 12, 31))

    ledger.clawback(member.pk, of_key="gift", points=100, key="claw", reference="order:A")

    assert lots(member) == [["2026-12-31", 50]]


def test_clawback_when_it_comes_in_parts_then_never_above_the_whole(member):
    ledger.clawback(member.pk, of_key="gift", points=60, key="claw1", reference="order:A")

    with pytest.raises(errors.OverRefund):
        ledger.clawback(member.pk, of_key="gift", points=41, key="claw2", reference="order:A")

    ledger.clawback(member.pk, of_key="gift", points=40, key="claw2", reference="order:A")
    assert balances(member) == (0, 0, 0)


def test_adjust_when_plus_or_minus_then_actor_and_note_are_on_the_entry(member):
    plus = ledger.adjust(
        member.pk,
        points=50,
        key="adjust:1",
        actor="staff:9",
        note="late parcel",
        description="Sorry",
    )
    minus = ledger.adjust(
        member.pk, points=-120, key="adjust:2", actor="staff:9", note="typed wrong"
    )

    assert [deltas(entry) for entry in (plus, minus)] == [
        ("adjust", 50, 0, 0),
        ("adjust", -120, 0, 0),
    ]
    assert (plus.actor, plus.note, plus.description) == ("staff:9", "late parcel", "Sorry")
    assert balances(member) == (30, 0, 0)


def test_adjust_when_more_than_there_is_then_refused(member):
    with pytest.raises(errors.InsufficientPoints):
        ledger.adjust(member.pk, points=-101, key="adjust:1", actor="staff:9", note="typed wrong")


def test_adjust_when_key_repeats_then_once(member):
    for _ in range(2):
        ledger.adjust(member.pk, points=50, key="adjust:1", actor="staff:9", note="late parcel")

    assert balances(member) == (150, 0, 0)


# --- many at once ------------------------------------------------------------


def test_post_many_when_members_are_many_then_each_gets_theirs():
    members = [member_with(10 * n) for n in range(1, 6)]
    postings = [
        ledger.Posting(m.pk, machine.Accrue(5, STANDARD), key="campaign:1", reference="campaign:1")
        for m in members
    ]

    entries = ledger.post_many(postings)
    again = ledger.post_many(postings)

    assert [entry.account_id for entry in entries] == [member.pk for member in members]
    assert [entry.pk for entry in again] == [entry.pk for entry in entries]
    assert [balances(member) for member in members] == [(10 * n + 5, 0, 0) for n in range(1, 6)]


def test_post_many_when_one_member_has_several_then_they_follow_each_other(member):
    key = "order:A"
    postings = [
        ledger.Posting(member.pk, machine.Spend(100), key=f"{key}:spend", reference=key),
        ledger.Posting(
            member.pk,
            machine.Refund(60, None),
            key=f"{key}:refund:1",
            of_key=f"{key}:spend",
            reference=key,
        ),
        ledger.Posting(
            member.pk,
            machine.Refund(40, None),
            key=f"{key}:refund:2",
            of_key=f"{key}:spend",
            reference=key,
        ),
        ledger.Posting(
            member.pk,
            machine.Refund(40, None),
            key=f"{key}:refund:2",
            of_key=f"{key}:spend",
            reference=key,
        ),
    ]

    entries = ledger.post_many(postings)

    assert [entry.seq for entry in entries] == [2, 3, 4, 4]
    assert balances(member) == (100, 0, 0)


def test_post_many_when_one_is_refused_then_none_is_posted(member):
    other = member_with(10)
    postings = [
        ledger.Posting(m.pk, machine.Spend(50), key="s", reference="order:A")
        for m in (member, other)
    ]

    with pytest.raises(errors.InsufficientPoints):
        ledger.post_many(postings)

    assert [balances(member), balances(other)] == [(100, 0, 0), (10, 0, 0)]


def test_post_many_when_tolerant_then_a_refusal_stands_in_its_place(member):
    other = member_with(10)
    postings = [
        ledger.Posting(m.pk, machine.Spend(50), key="s", reference="order:A")
        for m in (other, member)
    ]

    outcomes = ledger.post_many(postings, tolerant=True)

    assert [type(outcome) for outcome in outcomes] == [errors.InsufficientPoints, LedgerEntry]
    assert [balances(member), balances(other)] == [(50, 0, 0), (10, 0, 0)]


# --- the books cannot be written by others -----------------------------------


@pytest.mark.parametrize(
    "attack",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: LedgerEntry.objects.filter(pk=entry.pk).update(delta=1),
        lambda entry: LedgerEntry.objects.filter(pk=entry.pk).delete(),
        lambda entry: LedgerEntry.objects.create(account_id=entry.account_id),
        lambda entry: LedgerEntry.objects.bulk_create([entry]),
        lambda entry: LedgerEntry.objects.bulk_update([entry], ["delta"]),
        lambda entry: LedgerEntry._base_manager.filter(pk=entry.pk).update(delta=1),
        lambda entry: entry.account.save(),
        lambda entry: entry.account.delete(),
        lambda entry: PointAccount.objects.filter(pk=entry.account_id).update(available=1),
        lambda entry: PointAccount.objects.filter(pk=entry.account_id).delete(),
    ],
)
def test_books_when_a_programme_writes_past_the_ledger_then_refused(member, attack):
    with pytest.raises(ReadOnlyBooks):
        attack(LedgerEntry.objects.get(account_id=member.pk))


def test_books_when_a_member_is_deleted_then_refused(member):
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        member.delete()


# --- what it costs -----------------------------------------------------------


def statements(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return [
        query["sql"]
        for query in captured
        if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")
    ]


def posting_of(verb, member):
    hold = {"reference": "order:B", "expires_at": LATER}
    return {
        "accrue": lambda: ledger.accrue(member.pk, points=5, key="x"),
        "spend": lambda: ledger.spend(member.pk, points=5, key="x", reference="order:B"),
        "hold": lambda: ledger.hold(member.pk, points=5, key="x", **hold),
        "capture": lambda: ledger.capture(member.pk, hold_key="order:A:hold", key="x", points=3),
        "release": lambda: ledger.release(member.pk, hold_key="order:A:hold", key="x"),
        "refund": lambda: ledger.refund(
            member.pk, of_key="order:A:spend", points=5, key="x", reference="order:A"
        ),
        "clawback": lambda: ledger.clawback(
            member.pk, of_key="gift", points=5, key="x", reference="order:A"
        ),
        "adjust": lambda: ledger.adjust(member.pk, points=5, key="x", actor="staff:9", note="test"),
    }[verb]


VERBS = ["accrue", "spend", "hold", "capture", "release", "refund", "clawback", "adjust"]


@pytest.mark.parametrize("with_sweep", [False, True])
@pytest.mark.parametrize("verb", VERBS)
def test_posting_when_counted_then_three_statements(member, verb, with_sweep):
    ledger.accrue(member.pk, points=50, key="soon", expires_on=date(2026, 11, 25))
    ledger.hold(member.pk, points=10, key="order:A:hold", reference="order:A", expires_at=LATER)
    ledger.spend(member.pk, points=10, key="order:A:spend", reference="order:A")
    day = datetime(2026, 12, 1, 4, tzinfo=UTC) if with_sweep else NOON

    with time_machine.travel(day, tick=False):
        sent = statements(posting_of(verb, member))

    assert [sql.split()[0] for sql in sent] == ["SELECT", "INSERT", "UPDATE"]
    expired = LedgerEntry.objects.filter(account_id=member.pk, kind="expire").count()
    # What comes back after its day dies with an entry of its own, in the same INSERT.
    assert expired == (
        0 if not with_sweep else 2 if verb in ("capture", "release", "refund") else 1
    )


def test_sweep_when_counted_then_three_statements_when_due_and_one_when_not(member):
    with time_machine.travel(datetime(2027, 12, 1, 4, tzinfo=UTC), tick=False):
        due = statements(lambda: ledger.sweep(member.pk))
        not_due = statements(lambda: ledger.sweep(member.pk))

    assert [sql.split()[0] for sql in due] == ["SELECT", "INSERT", "UPDATE"]
    assert [sql.split()[0] for sql in not_due] == ["SELECT"]


def test_posting_when_repeated_or_refused_then_one_statement(member):
    ledger.spend(member.pk, points=5, key="x", reference="order:A")

    repeated = statements(lambda: ledger.spend(member.pk, points=5, key="x", reference="order:A"))
    with pytest.raises(errors.InsufficientPoints), CaptureQueriesContext(connection) as refused:
        ledger.spend(member.pk, points=5_000, key="y", reference="order:A")

    assert len(repeated) == 1
    assert (
        len([query for query in refused if query["sql"].startswith("SELECT")]) == len(refused) == 1
    )


def test_post_many_when_counted_then_statements_do_not_grow_with_members():
    few, many = ([member_with(10) for _ in range(n)] for n in (3, 9))

    def post(members, key):
        return statements(
            lambda: ledger.post_many(
                [
                    ledger.Posting(member.pk, machine.Accrue(5, STANDARD), key=key)
                    for member in members
                ]
            )
        )

    assert [sql.split()[0] for sql in post(few, "a")] == ["SELECT", "SELECT", "INSERT", "INSERT"]
    assert [sql.split()[0] for sql in post(many, "a")] == ["SELECT", "SELECT", "INSERT", "INSERT"]
