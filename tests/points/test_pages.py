"""The member's pages of points and the operators' rooms, through their doors."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from mall import verification
from mall.core import clock
from mall.core.models import AuditRow
from marketing.missions import board
from points import adjustments, batches, explanation, grants, ledger, risk, rule_wording, rules
from points.models import (
    Adjustment,
    AdjustmentBatch,
    ExchangeRate,
    LedgerEntry,
    PointAccount,
    PointsPolicy,
    RiskCase,
    Rule,
)
from tests.factories.points import arrived, granted, member_with
from tests.pages import hidden_of

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday():
    with time_machine.travel(FRIDAY, tick=False):
        yield
        assert verification.verify() == []


@pytest.fixture
def member(client):
    member = member_with()
    client.force_login(member)
    client.cookies["mall_language"] = "en"
    return member


@pytest.fixture
def office(client):
    clerk = staff()
    client.force_login(clerk)
    client.cookies["mall_language"] = "en"
    client.clerk = clerk
    return client


def staff():
    user = member_with()
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def words(answer):
    return answer.content.decode()


# --- the member ------------------------------------------------------------------


def test_statement_when_points_are_on_the_way_then_says_how_many_for_what_and_when(client, member):
    granted(member, yuan="80.00")

    before = words(client.get("/points/"))
    grants.confirm("order:M1", at=clock.now())
    after = words(client.get("/points/"))

    assert "80 points are on the way" in before
    assert "days after you receive the goods" in before
    assert "Arrives on" in after


def test_statement_when_earning_rests_then_one_kind_sentence_and_one_appeal(client, member):
    rules.award(member.pk, "mission", key="mission:1", amount=1_001)
    case = RiskCase.objects.get()

    page = words(client.get("/points/"))
    client.post(f"/points/cases/{case.pk}/appeal/", {"text": "It was a long day"})
    again = client.post(f"/points/cases/{case.pk}/appeal/", {"text": "Hello?"}, follow=True)

    case.refresh_from_db()
    assert "You can spend as usual" in page
    assert case.appeal == "It was a long day"
    assert "We already have your message" in words(again)
    assert "You wrote to us on" in words(client.get("/points/"))


@pytest.mark.parametrize("text", ["", "x" * 1001])
def test_appeal_when_the_words_do_not_fit_then_a_sentence(client, member, text):
    case = risk.pause(member.pk, operator=staff(), note="odd")

    answer = client.post(f"/points/cases/{case.pk}/appeal/", {"text": text}, follow=True)

    assert "Please write a few words" in words(answer)
    assert RiskCase.objects.get().appealed_at is None


def test_appeal_when_the_case_is_somebody_elses_then_404(client, member):
    case = risk.pause(member_with().pk, operator=staff(), note="odd")

    assert client.post(f"/points/cases/{case.pk}/appeal/", {"text": "mine"}).status_code == 404


def test_explain_when_points_came_and_went_then_lines_lots_and_origins_add_up(client, member):
    arrived(member, yuan="120.00")
    ledger.accrue(member.pk, points=30, key="gift", description="A gift")
    ledger.spend(member.pk, points=100, key="sale", reference="sale")

    opened = explanation.of_account(PointAccount.objects.get(pk=member.pk))
    page = words(client.get("/points/explain/"))

    assert [(line.kind, line.count, line.points) for line in opened.lines] == [
        ("accrue", 2, 150),
        ("spend", 1, -100),
    ]
    assert [
        (lot.points, [(entry.seq, points) for entry, points in lot.sources]) for lot in opened.lots
    ] == [(50, [(1, 20), (2, 30)])]
    assert "How it adds up" in page
    assert "/points/entries/1/" in page


def test_entry_when_opened_then_rule_promise_lots_and_what_used_it(client, member):
    arrived(member, yuan="120.00")
    ledger.spend(member.pk, points=100, key="sale", reference="sale")

    page = words(client.get("/points/entries/1/"))

    for expected in (
        "version 1",
        "1 point per yuan",
        "120 points were promised",
        "for ¥120.00 paid",
        "What used them later",
        "Still there",
    ):
        assert expected in page
    assert "Where these points came from" in words(client.get("/points/entries/2/"))


def test_entry_when_a_person_adjusted_then_the_member_reads_the_reason_and_no_name(client, member):
    clerk = staff()
    adjustments.ask(
        member.pk,
        points=50,
        ticket="t",
        operator=clerk,
        note="internal words",
        description="Sorry for the late parcel",
    )

    page = words(client.get("/points/entries/1/"))

    assert "Sorry for the late parcel" in page
    assert "internal words" not in page
    assert f"staff:{clerk.pk}" not in page
    assert clerk.username not in page


@pytest.mark.parametrize("seq", [1, 99, 2**40])
def test_entry_when_it_is_nobodys_or_another_members_then_404(client, member, seq):
    member_with(50)

    assert client.get(f"/points/entries/{seq}/").status_code == 404


def test_retrace_when_lots_merge_then_points_keep_their_origin(member):
    for day in range(45):
        ledger.accrue(
            member.pk,
            points=1,
            key=f"gift:{day}",
            expires_on=clock.today() + timedelta(days=day + 1),
        )
    entries = list(LedgerEntry.objects.filter(account_id=member.pk).order_by("pk"))

    traces = explanation.retrace(entries)

    account = PointAccount.objects.get(pk=member.pk)
    assert sum(sum(trace.left.values()) for trace in traces.values()) == account.available == 45
    assert all(trace.left for trace in traces.values())


@pytest.mark.usefixtures("standing_clock")
def test_download_when_asked_for_the_eleventh_time_within_an_hour_then_a_kind_no(client, member):
    client.force_login(member)
    answers = [client.get("/points/statement.csv") for _ in range(11)]

    # a sentence on the page the member came from
    assert [answer.status_code for answer in answers] == [200] * 10 + [302]
    assert "no-store" in answers[0]["Cache-Control"]


def test_download_when_asked_then_every_entry_and_formulas_are_text(client, member):
    ledger.accrue(member.pk, points=50, key="gift", description="=1+1")
    ledger.spend(member.pk, points=20, key="sale", reference="sale")

    text = b"".join(client.get("/points/statement.csv").streaming_content).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text)))
    assert [row[3:5] for row in rows[1:]] == [["50", "50"], ["-20", "30"]]
    assert rows[1][2] == "'=1+1"


def test_ways_when_rules_change_then_the_page_stays_true(client):
    client.cookies["mall_language"] = "en"
    before = words(client.get("/points/ways/"))
    Rule.objects.filter(code__in=["birthday", "referral"]).update(status="paused")
    rules.publish(Rule.objects.get(code="review"), actor="test", points=33)
    after = words(client.get("/points/ways/"))

    assert "Birthday gift" in before
    assert "Birthday gift" not in after
    assert "33 points" in after
    assert "Inviting a friend" in before
    assert "Inviting a friend" not in after


def test_statement_when_a_rate_is_coming_then_both_are_shown(client, member):
    ExchangeRate.objects.create(points_per_yuan=120, effective_from=clock.now() + timedelta(days=3))

    page = words(client.get("/points/"))

    assert "100 points = ¥1" in page
    assert "120 points = ¥1" in page


# --- the back office ----------------------------------------------------------------


@pytest.mark.parametrize(
    "room",
    [
        "grant",
        "takeback",
        "adjustment",
        "adjustmentbatch",
        "riskcase",
        "rule",
        "exchangerate",
    ],
)
def test_list_when_opened_then_it_shows(office, room):
    granted(member_with())
    rules.award(member_with().pk, "mission", key="mission:1", amount=1_001)

    assert office.get(f"/admin/points/{room}/").status_code == 200


def test_policy_when_its_room_is_opened_then_its_one_row_stands_there(office):
    only = PointsPolicy.objects.get()

    led = office.get("/admin/points/pointspolicy/")

    assert led["Location"] == f"/admin/points/pointspolicy/{only.pk}/change/"
    assert office.get(led["Location"]).status_code == 200


def test_case_when_released_in_the_admin_then_earning_goes_on_and_it_is_audited(office):
    member = member_with()
    rules.award(member.pk, "mission", key="mission:1", amount=1_001)
    case = RiskCase.objects.get()

    page = words(office.get(f"/admin/points/riskcase/{case.pk}/change/"))
    address = f"/admin/points/riskcase/{case.pk}/release/"
    office.post(address, {**hidden_of(office.get(address).text), "note": "a long day"})

    assert "1001 / 1000" in page
    assert PointAccount.objects.get(pk=member.pk).status == "active"
    assert AuditRow.objects.filter(
        action="points.case_decide", actor=f"staff:{office.clerk.pk}", reason="a long day"
    ).exists()


def test_adjustment_when_approved_in_the_admin_then_posted(office):
    waiting = adjustments.ask(
        member_with().pk, points=8_000, ticket="t", operator=staff(), note="why"
    )

    office.post(f"/admin/points/adjustment/{waiting.pk}/approve/", {"note": ""})

    assert Adjustment.objects.get().status == "posted"


def test_adjustment_when_it_is_ones_own_request_then_a_sentence_and_it_waits(office):
    waiting = adjustments.ask(
        member_with().pk, points=8_000, ticket="t", operator=office.clerk, note="why"
    )

    answer = office.post(f"/admin/points/adjustment/{waiting.pk}/approve/", {"note": ""})

    assert "A colleague must decide" in words(answer)
    assert Adjustment.objects.get().status == "waiting"


def test_file_when_uploaded_posted_and_undone_in_the_admin_then_nothing_is_left(office):
    member = member_with()
    pasted = f"\u202d{member.username.upper()}\u200b".replace("M", "Ｍ")
    sent = SimpleUploadedFile(
        "gifts.csv", f"member,points,reason,Zustand\n{pasted},50,Contest".encode()
    )

    office.post("/admin/points/adjustmentbatch/upload/", {"file": sent, "note": "contest"})
    batch = AdjustmentBatch.objects.get()
    page = words(office.get(f"/admin/points/adjustmentbatch/{batch.pk}/change/"))
    post, undo = (f"/admin/points/adjustmentbatch/{batch.pk}/{deed}/" for deed in ("post", "undo"))
    office.post(post, hidden_of(office.get(post).text))
    posted = PointAccount.objects.get(pk=member.pk).available
    office.post(undo, {**hidden_of(office.get(undo).text), "note": "wrong list"})

    assert pasted.strip("\u202d\u200b") in page and "Zustand" in page  # a column that was not read
    assert (posted, PointAccount.objects.get(pk=member.pk).available) == (50, 0)


def test_file_when_equal_lines_were_posted_then_the_page_asks(office):
    member, other = member_with(), member_with()
    lines = [f"{member.username},50,Contest", f"{other.username},5,Contest"]
    for order in (lines, lines[::-1]):
        content = "\n".join(["member,points,reason", *order]).encode()
        batch = batches.look_over(content, name="gifts.csv", note="x", operator=office.clerk)
        address = f"/admin/points/adjustmentbatch/{batch.pk}/post/"
        page = office.get(address)
        answer = office.post(address, hidden_of(page.text))
    before = PointAccount.objects.get(pk=member.pk).available

    office.post(address, {**hidden_of(answer.text), "anyway": "on"})

    assert ("gifts.csv" in page.context["question"], answer.status_code, before) == (True, 400, 50)
    assert PointAccount.objects.get(pk=member.pk).available == 100


def test_file_when_uploaded_again_with_another_reason_while_it_is_read_then_nothing_is_posted(
    office,
):
    content = f"member,points,reason\n{member_with().username},50,Contest".encode()
    batch = batches.look_over(content, name="gifts.csv", note="contest", operator=office.clerk)
    address = f"/admin/points/adjustmentbatch/{batch.pk}/post/"
    opened = hidden_of(office.get(address).text)
    batches.look_over(content, name="gifts.csv", note="an old friend", operator=member_with())

    answer = office.post(address, opened)

    assert (answer.status_code, Adjustment.objects.count()) == (400, 0)
    assert office.post(address, hidden_of(answer.text)).status_code == 302


def test_post_when_a_line_names_somebody_else_by_now_then_nothing_is_posted(office):
    first, second = member_with(), member_with()
    content = f"member,points,reason\n{first.email},50,Contest".encode()
    batch = batches.look_over(content, name="gifts.csv", note="contest", operator=office.clerk)
    first.email, second.email = "another@example.com", first.email
    first.save()
    second.save()

    with pytest.raises(batches.RowsWrong):
        batches.post(batch, operator=office.clerk)


def test_explain_when_opened_in_the_admin_then_entries_rules_and_people(office):
    member = member_with()
    rules.award(member.pk, "login", key="login:1")
    adjustments.ask(member.pk, points=50, ticket="t", operator=office.clerk, note="why")

    page = words(office.get(f"/admin/points/pointaccount/{member.pk}/explain/"))

    for expected in ("How it adds up", "login v1", office.clerk.get_username()):
        assert expected in page


def test_rule_when_another_answers_the_same_event_then_form_and_list_warn(office):
    rival = Rule.objects.create(
        code="festival",
        action="login",
        name="Festival",
        name_en="Festival",
        status="active",
        priority=1,
    )
    rules.publish(rival, actor="test", points=20)

    form = words(office.get(f"/admin/points/rule/{rival.pk}/change/"))
    listed = words(office.get("/admin/points/rule/"))
    Rule.objects.filter(pk=rival.pk).update(
        starts_at=clock.now(), ends_at=clock.now() + timedelta(days=1)
    )
    Rule.objects.filter(code="login").update(ends_at=clock.now())
    apart = words(office.get(f"/admin/points/rule/{rival.pk}/change/"))

    assert "answers the same event at the same time" in form
    assert "Daily sign-in" in listed
    assert "answers the same event at the same time" not in apart


def test_policy_when_changed_then_audited(office):
    policy = PointsPolicy.objects.get()

    office.post(
        f"/admin/points/pointspolicy/{policy.pk}/change/",
        {"earned_per_day_max": "500", "adjust_alone_max": "5000"},
    )

    row = AuditRow.objects.get(action="points.policy_change")
    assert (row.before, row.after) == ({"earned_per_day_max": 1000}, {"earned_per_day_max": 500})


@pytest.mark.parametrize("day", ["2026-11-19", "2020-01-01"])
def test_rate_when_it_begins_in_the_past_then_refused(office, day):
    answers = {
        "points_per_yuan": "120",
        "effective_from_0": day,
        "effective_from_1": "00:00",
        "note": "",
    }

    answer = office.post("/admin/points/exchangerate/add/", answers)

    assert "begins in the future" in words(answer)
    assert ExchangeRate.objects.count() == 1


def test_rate_when_it_has_begun_then_nobody_edits_it(office):
    rate = ExchangeRate.objects.get()

    assert (
        office.post(
            f"/admin/points/exchangerate/{rate.pk}/change/", {"points_per_yuan": "1"}
        ).status_code
        == 403
    )
    assert (
        office.post(f"/admin/points/exchangerate/{rate.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )


def test_ways_when_a_member_follows_each_then_there_is_a_page_to_do_it(signed_in):
    opened = {
        place: signed_in.get(place).status_code for place in set(rule_wording.PLACES.values())
    }

    assert set(opened.values()) == {200}, opened
    assert set(board.WHERE.values()) - {"/orders/"} <= set(opened)
