"""Corrections: alone up to a limit per member and day, above it with a second person; files with a
dry run and an undo.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from mall import verification
from mall.core import clock
from mall.core.models import AuditRow
from mall.core.tables.errors import UnreadableTable
from points import adjustments, batches, errors, ledger
from points.events import POINTS_ADJUSTED
from points.models import Adjustment, AdjustmentBatch, LedgerEntry, PointAccount, PointsPolicy
from tests.factories.points import member_with
from tests.listening import hearing

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield
        assert verification.verify() == []


@pytest.fixture
def member():
    return member_with(100)


@pytest.fixture
def clerk():
    return staff()


@pytest.fixture
def colleague():
    return staff()


def staff():
    user = member_with()
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def ask(member, clerk, points, ticket="t:1", **words):
    return adjustments.ask(
        member.pk,
        points=points,
        ticket=ticket,
        operator=clerk,
        note="why",
        description="Sorry",
        **words,
    )


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


# --- alone --------------------------------------------------------------------


def test_ask_when_within_the_limit_then_posted_told_and_audited(member, clerk):
    with hearing(POINTS_ADJUSTED) as told:
        made = ask(member, clerk, 5_000)

    entry = LedgerEntry.objects.get(account_id=member.pk, kind="adjust")
    assert (made.status, made.entry_seq, available(member)) == ("posted", entry.seq, 5_100)
    assert (entry.actor, entry.note, entry.description, entry.key) == (
        f"staff:{clerk.pk}",
        "why",
        "Sorry",
        "adjust:t:1",
    )
    assert [event.data["points"] for event in told] == [5_000]
    assert [(row.action, row.reason) for row in AuditRow.objects.all()] == [
        ("points.adjust", "why")
    ]


@pytest.mark.parametrize(
    ("parts", "waits"),
    [((5_000, 1), 1), ((3_000, 2_000), 0), ((-50, 4_950), 0), ((-50, 4_951), 1), ((5_000, -1), 1)],
)
def test_ask_when_several_add_up_then_the_day_counts_not_the_click(member, clerk, parts, waits):
    """The known hole: several times 5,000 in a row by one person."""
    made = [ask(member, clerk, points, ticket=f"t:{n}") for n, points in enumerate(parts)]

    assert [one.status for one in made].count("waiting") == waits


def test_ask_when_another_person_or_member_or_day_then_counted_on_its_own(member, clerk, colleague):
    other = member_with()
    made = [
        ask(member, clerk, 5_000),
        ask(member, colleague, 5_000, "t:2"),
        ask(other, clerk, 5_000, "t:3"),
    ]
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        made.append(ask(member, clerk, 5_000, "t:4"))

    assert {one.status for one in made} == {"posted"}


def test_ask_when_an_operator_changed_the_limit_then_that_counts(member, clerk):
    PointsPolicy.objects.update(adjust_alone_max=10)

    assert (ask(member, clerk, 10).status, ask(member, clerk, 1, "t:2").status) == (
        "posted",
        "waiting",
    )


def test_ask_when_repeated_then_once(member, clerk):
    first, again = ask(member, clerk, 50), ask(member, clerk, 50)

    assert (first.pk, available(member)) == (again.pk, 150)


def test_ask_when_the_ticket_names_another_then_refused(member, clerk):
    ask(member, clerk, 50)

    with pytest.raises(errors.KeyConflict):
        ask(member, clerk, 60)


@pytest.mark.parametrize(
    ("points", "refusal"), [(0, errors.InvalidAmount), (-101, errors.InsufficientPoints)]
)
def test_ask_when_it_cannot_be_then_refused_without_a_trace(member, clerk, points, refusal):
    with pytest.raises(refusal):
        ask(member, clerk, points)

    assert not Adjustment.objects.exists()


def test_ask_when_it_is_ones_own_account_then_refused(clerk):
    with pytest.raises(adjustments.OwnAccount):
        ask(clerk, clerk, 5)


# --- alone, over all members ----------------------------------------------------


@pytest.mark.parametrize(
    ("most", "amounts", "posted"),
    [
        (1_000, (400, -400, 200), 3),
        (1_000, (400, -400, 201), 2),
        (0, (4_000, 4_000), 2),
        (None, (4_000, 4_000), 2),
        (300, (301,), 0),
    ],
)
def test_ask_when_a_colleague_gives_to_many_then_the_total_of_the_day_counts(
    clerk, most, amounts, posted
):
    PointsPolicy.objects.update_or_create(pk=1, defaults={"adjust_alone_day_max": most})

    made = [
        ask(member_with(500), clerk, points, f"t:{number}") for number, points in enumerate(amounts)
    ]

    assert [one.status for one in made] == ["posted"] * posted + ["waiting"] * (
        len(amounts) - posted
    )


def test_ask_when_the_total_is_used_up_then_a_second_person_a_colleague_and_tomorrow_post(
    member, clerk, colleague
):
    PointsPolicy.objects.update_or_create(pk=1, defaults={"adjust_alone_day_max": 1_000})
    ask(member_with(), clerk, 1_000, "t:1")

    waits = ask(member, clerk, 1, "t:2")
    approved = adjustments.approve(waits, operator=colleague)
    theirs = ask(member_with(), colleague, 1_000, "t:3")
    with time_machine.travel(FRIDAY + timedelta(days=1), tick=False):
        tomorrow = ask(member_with(), clerk, 1_000, "t:4")

    assert [one.status for one in (waits, approved, theirs, tomorrow)] == [
        "waiting",
        "posted",
        "posted",
        "posted",
    ]


def test_post_when_a_file_exceeds_the_total_of_the_day_then_a_colleague_posts_it(clerk, colleague):
    PointsPolicy.objects.update_or_create(pk=1, defaults={"adjust_alone_day_max": 1_000})
    ask(member_with(), clerk, 800, "t:1")
    fits, exceeds = (
        look(clerk, table(f"{member_with().username},{points},Contest")) for points in (200, 201)
    )

    assert batches.post(fits, operator=clerk).status == "posted"
    with pytest.raises(batches.ColleagueNeeded) as refused:
        batches.post(exceeds, operator=clerk)
    assert "1000" in str(refused.value)
    assert batches.post(exceeds, operator=colleague).status == "posted"


# --- with a second person -----------------------------------------------------


def test_approve_when_a_colleague_agrees_then_posted_with_both_names(member, clerk, colleague):
    waiting = ask(member, clerk, 8_000)

    done = adjustments.approve(waiting, operator=colleague)

    entry = LedgerEntry.objects.get(account_id=member.pk, kind="adjust")
    assert (done.status, available(member)) == ("posted", 8_100)
    assert entry.actor == f"staff:{clerk.pk}+staff:{colleague.pk}"
    assert [row.action for row in AuditRow.objects.order_by("pk")] == [
        "points.adjust_ask",
        "points.adjust_approve",
    ]


@pytest.mark.parametrize("verb", [adjustments.approve, adjustments.reject])
def test_decide_when_it_is_the_one_who_asked_then_refused_superuser_included(member, clerk, verb):
    with pytest.raises(adjustments.SamePerson):
        verb(ask(member, clerk, 8_000), operator=clerk, note="me")


@pytest.mark.parametrize("verb", [adjustments.approve, adjustments.reject])
def test_decide_when_it_is_the_member_adjusted_then_refused(clerk, colleague, verb):
    with pytest.raises(adjustments.OwnAccount):
        verb(ask(colleague, clerk, 8_000), operator=colleague, note="for me")


def test_reject_when_a_colleague_says_no_then_nothing_posted_and_no_second_decision(
    member, clerk, colleague
):
    waiting = ask(member, clerk, 8_000)

    adjustments.reject(waiting, operator=colleague, note="no receipt")
    with pytest.raises(adjustments.AdjustmentDecided):
        adjustments.approve(waiting, operator=colleague)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.decision_note, available(member)) == (
        "rejected",
        "no receipt",
        100,
    )


def test_approve_when_points_are_spent_meanwhile_then_it_goes_on_waiting(clerk, colleague):
    member = member_with(9_000)
    waiting = ask(member, clerk, -8_000)
    ledger.spend(member.pk, points=5_000, key="sale", reference="sale")

    with pytest.raises(errors.InsufficientPoints):
        adjustments.approve(waiting, operator=colleague)

    assert Adjustment.objects.get().status == "waiting"


def test_approve_when_repeated_then_refused_and_posted_once(member, clerk, colleague):
    waiting = ask(member, clerk, 8_000)
    adjustments.approve(waiting, operator=colleague)

    with pytest.raises(adjustments.AdjustmentDecided):
        adjustments.approve(waiting, operator=staff())

    assert available(member) == 8_100


# --- files ----------------------------------------------------------------------


def table(*rows):
    return "\n".join(["member,points,reason", *rows]).encode("utf-8-sig")


def look(clerk, content):
    return batches.look_over(content, name="november.csv", note="contest", operator=clerk)


def test_look_over_when_lines_are_wrong_then_each_says_why_and_nothing_is_posted(member, clerk):
    rich = member_with(10)
    batch = look(
        clerk,
        table(
            f"{member.username},50,Contest",
            "nobody,5,Contest",
            f"{member.username},many,Contest",
            f"{member.email.upper()},-5,",
            f"{rich.username},-11,Mistake",
            f"{clerk.username},5,Me",
            f"{member.username},4951,Contest",
        ),
    )

    assert [row["error"] == "" for row in batch.rows] == [
        True,
        False,
        False,
        False,
        False,
        False,
        False,
    ]
    assert [row["number"] for row in batch.rows] == [2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(batches.RowsWrong):
        batches.post(batch, operator=clerk)
    assert available(member) == 100


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2",
        b"\xff\xfe\x00",
        table(),
        b"member,points,reason\n" + b"x,1,y\n" * 501,
        b"x" * 200_001,
    ],
)
def test_look_over_when_it_is_no_such_table_then_refused(clerk, content):
    with pytest.raises(UnreadableTable):
        look(clerk, content)


def test_post_when_all_lines_are_right_then_all_posted_and_the_file_is_known(member, clerk):
    other = member_with(100)
    content = table(
        f"{member.username},50,Contest", f"{other.email},-30,Mistake", f"{member.username},5,Bonus"
    )

    batch = batches.post(look(clerk, content), operator=clerk)

    assert (batch.status, available(member), available(other)) == ("posted", 155, 70)
    assert list(Adjustment.objects.order_by("pk").values_list("points", "description")) == [
        (50, "Contest"),
        (-30, "Mistake"),
        (5, "Bonus"),
    ]
    with pytest.raises(batches.FileKnown):
        look(clerk, content)
    with pytest.raises(batches.BatchDone):
        batches.post(batch, operator=clerk)


def test_post_when_the_lines_are_too_much_together_then_a_colleague_who_may_approve_posts_them(
    clerk, colleague
):
    content = table(
        *(f"{member_with().username},{points},Contest" for points in (2000, 2000, 1001))
    )
    batch, helper = look(clerk, content), member_with()

    for person in (clerk, helper):
        with pytest.raises(batches.ColleagueNeeded):
            batches.post(batch, operator=person)
    assert Adjustment.objects.count() == 0
    batches.post(batch, operator=colleague)

    assert set(Adjustment.objects.values_list("requested_by", "decided_by")) == {
        (clerk.pk, colleague.pk)
    }
    assert set(LedgerEntry.objects.filter(kind="adjust").values_list("actor", flat=True)) == {
        f"staff:{clerk.pk}+staff:{colleague.pk}"
    }


def test_post_when_the_lines_are_just_enough_together_then_one_person_posts_them(clerk):
    batch = look(
        clerk, table(*(f"{member_with().username},{points},Contest" for points in (2500, 2500)))
    )

    assert batches.post(batch, operator=clerk).status == "posted"


def test_post_when_a_line_is_of_the_one_who_uploaded_then_no_colleague_posts_it(
    member, clerk, colleague
):
    batch = look(clerk, table(f"{member.username},50,Contest", f"{clerk.username},50,Mine"))

    with pytest.raises(batches.RowsWrong):
        batches.post(batch, operator=colleague)

    assert available(member) == 100


def test_look_over_when_a_spreadsheet_saved_it_then_read_and_wrong_rows_say_why(member, clerk):
    name = member.username
    saved = f"会员;积分;原因\r\n{name};1,000;活动\r\n;;\r\n{name};５.0;活动\r\n".encode("gb18030")
    wrong = table(f"{name},1,000,reason", ",,", f"{name},1_0,x", f"{name},5,{'x' * 201}")

    batch, refused = look(clerk, saved), look(clerk, wrong)

    assert [(row["number"], row["points"], row["error"]) for row in batch.rows] == [
        (2, 1000, ""),
        (4, 5, ""),
    ]
    assert [(row["number"], bool(row["error"])) for row in refused.rows] == [
        (2, True),
        (4, True),
        (5, True),
    ]
    with pytest.raises(batches.RowsWrong):
        batches.post(refused, operator=clerk)
    assert look(clerk, saved.replace(b"\r\n", b"\n")).pk == batch.pk
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() else sign for sign in name.upper())
    pasted = look(clerk, table(f"{wide},1000,活动", f"\u202d{name}\u202c,5,活动"))
    assert (pasted.pk, {row["account"] for row in pasted.rows}) == (batch.pk, {member.pk})


def test_post_when_equal_lines_were_posted_lately_then_asked_first(member, clerk):
    lines = [f"{member.username},50,Contest", f"{member_with().username},5,Contest"]
    batches.post(look(clerk, table(*lines)), operator=clerk)
    with pytest.raises(batches.FileKnown):
        look(clerk, table(*lines).decode("utf-8-sig").replace("\n", "\r\n").encode("utf-16"))
    twin = look(clerk, table(lines[1], lines[0].replace(member.username, member.email)))

    with pytest.raises(batches.TwinPosted):
        batches.post(twin, operator=clerk)
    assert available(member) == 150
    batches.post(twin, operator=clerk, anyway=True)

    assert available(member) == 200
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        later = look(clerk, table(lines[0].replace(member.username, member.email), lines[1]))
        assert (later.status, batches.twin_of(later)) == ("checked", None)


def test_look_over_when_the_same_file_was_only_looked_at_then_it_is_the_same_batch(member, clerk):
    content = table(f"{member.username},50,Contest")

    assert look(clerk, content).pk == look(clerk, content).pk
    assert AdjustmentBatch.objects.count() == 1


def test_post_when_a_line_became_wrong_meanwhile_then_none_is_posted(member, clerk):
    other = member_with(100)
    batch = look(clerk, table(f"{other.username},50,Contest", f"{member.username},-100,Mistake"))
    ledger.spend(member.pk, points=1, key="sale", reference="sale")

    with pytest.raises(batches.RowsWrong):
        batches.post(batch, operator=clerk)

    assert (available(other), Adjustment.objects.count()) == (100, 0)


def test_undo_when_posted_then_every_line_goes_back_and_what_is_spent_is_owed(member, clerk):
    other = member_with(100)
    batch = batches.post(
        look(clerk, table(f"{member.username},50,Contest", f"{other.username},-30,Mistake")),
        operator=clerk,
    )
    ledger.spend(member.pk, points=120, key="sale", reference="sale")

    batches.undo(batch, operator=clerk, note="wrong list")

    account = PointAccount.objects.get(pk=member.pk)
    assert (account.available, account.debt, available(other)) == (0, 20, 100)
    with pytest.raises(batches.BatchDone):
        batches.undo(batch, operator=clerk, note="again")
    with pytest.raises(batches.FileKnown):
        look(clerk, table(f"{member.username},50,Contest", f"{other.username},-30,Mistake"))
