"""Missions through their doors: the board's page, the API, the home page and the back office."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from mall.core.models import AuditRow
from marketing.checkin.streak import check_in
from marketing.missions.counting import note
from marketing.models import Mission, MissionProgress
from orders import lifecycle
from points.models import LedgerEntry
from tests.factories.marketing import MissionFactory
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db


def rewards(member):
    return list(
        LedgerEntry.objects.filter(account_id=member.pk, rule="mission").values_list("key", "delta")
    )


def page(client):
    return client.get(reverse("marketing:missions")).content.decode()


# --- pages ---------------------------------------------------------------------------
def test_board_page_when_there_is_nothing_then_says_so_kindly(signed_in):
    assert "/checkin/" in page(signed_in)
    assert signed_in.get("/missions/").status_code == 200


def test_board_page_when_a_reward_waits_then_one_tap_collects_it_once(signed_in, member):
    MissionFactory(code="tap", is_automatic=False, points=40, title_zh_hans="签一次到")
    note(member.pk, "checkin", key="checkin:1")
    claim = reverse("marketing:claim", args=["tap"])
    assert claim in page(signed_in)

    answer = signed_in.post(claim, follow=True)
    signed_in.post(claim)

    assert answer.redirect_chain[-1][0] == "/missions/?collected=tap"
    assert "mission-party" in answer.content.decode()
    assert claim not in page(signed_in)
    assert rewards(member) == [("mission:tap:once", 40)]


def test_board_page_when_locked_then_says_after_what(signed_in):
    first = MissionFactory(title_zh_hans="先做这个", target=2)
    MissionFactory(title_zh_hans="再做那个", kind="chain", prerequisite=first)

    html = page(signed_in)

    assert "mission--locked" in html
    assert "先做这个" in html


def test_board_page_when_its_week_is_over_then_it_says_the_last_day_of_it(signed_in, member):
    signed_in.cookies["mall_language"] = "en"
    with time_machine.travel(datetime(2026, 11, 29, 4, tzinfo=UTC)) as traveller:  # a Sunday
        MissionFactory(code="week", kind="weekly", is_automatic=False)
        note(member.pk, "checkin", key="checkin:1")
        traveller.shift(timedelta(days=1))
        signed_in.force_login(member)
        html = page(signed_in)

    assert "Was open until November 29: the reward still waits." in html


@pytest.mark.parametrize("code", ["nothing", "draft", "open"])
def test_claim_page_when_there_is_nothing_to_collect_then_nothing_is_paid(signed_in, member, code):
    MissionFactory(code="draft", status="draft")
    MissionFactory(code="open", target=2)

    assert signed_in.post(reverse("marketing:claim", args=[code])).status_code == 302
    assert rewards(member) == []


def test_claim_page_when_asked_by_get_then_refused(signed_in):
    assert signed_in.get(reverse("marketing:claim", args=["any"])).status_code == 405


def test_home_when_a_mission_is_open_then_shows_the_next_one(signed_in):
    MissionFactory(title_zh_hans="下一个任务", target=3)

    assert "下一个任务" in signed_in.get("/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_board_page_when_missions_grow_then_queries_do_not(
    signed_in, member, django_assert_num_queries, count
):
    for _number in range(count):
        MissionFactory()
    page(signed_in)

    # Missions and progress, and the head's points and notices; and the shop's face, as always where
    # the transaction changed what is kept: here the missions.
    with django_assert_num_queries(5):
        page(signed_in)


# --- the whole way ---------------------------------------------------------------------
def test_missions_when_a_member_checks_in_by_page_then_the_bar_moves_and_pays(signed_in, member):
    MissionFactory(code="today", kind="daily", points=5)

    signed_in.post(reverse("marketing:checkin"))

    assert [points for _key, points in rewards(member)] == [5]


def test_missions_when_an_order_is_redeemed_and_cancelled_then_the_reward_goes_back(
    member, books_close
):
    MissionFactory(code="swap", event="redeem", points=80)
    give_points(member, 200)

    order = place(member, virtual_sku(points=100, stock=5))
    assert rewards(member) == [("mission:swap:once", 80)]
    lifecycle.cancel(order, actor=f"member:{member.pk}")

    assert LedgerEntry.objects.get(account_id=member.pk, kind="clawback").delta == -80
    assert MissionProgress.objects.get().count == 0


def test_missions_when_an_order_is_redeemed_then_three_events_hear_of_it_at_once(member):
    MissionFactory(code="paid", event="order_paid", points=1)
    MissionFactory(code="swap", event="redeem", points=2)
    MissionFactory(code="cash", event="spend_cash", target=1, points=4)
    give_points(member, 200)

    place(member, virtual_sku(points=100, stock=5))

    assert sorted(points for _key, points in rewards(member)) == [1, 2]


def test_redeem_when_no_mission_listens_then_costs_one_query_of_ours(
    member, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    MissionFactory(event="review")
    give_points(member, 300)
    sku = virtual_sku(points=100, stock=5)
    place(member, sku)

    with CaptureQueriesContext(connection) as asked:
        place(member, sku)

    assert len([query["sql"] for query in asked if "marketing_mission" in query["sql"]]) == 1


# --- the API -----------------------------------------------------------------------------
def test_missions_api_when_read_then_says_how_far_and_what_for(bearer, member):
    MissionFactory(
        code="three", title_en="Three times", kind="weekly", target=3, points=30, is_automatic=False
    )
    with time_machine.travel("2026-11-20T12:00:00+08:00", tick=False):
        note(member.pk, "checkin", key="checkin:1")
        answer = bearer(member).get("/api/v1/missions", HTTP_ACCEPT_LANGUAGE="en")
    (mission,) = answer.json()["results"]

    assert mission == {
        "code": "three", "title": "Three times", "text": "", "kind": "weekly", "event": "checkin",
        "state": "open", "count": 1, "target": 3,
        "points": 30, "tickets": 0,
        "coupon": None, "is_automatic": False, "period": "2026-W47",
        "ends_at": "2026-11-23T00:00:00+08:00", "after": "",
        "icon": "flag", "link": "/checkin/",
    }  # fmt: skip


def test_missions_api_when_claimed_then_paid_once(signed_in_api, member):
    MissionFactory(code="tap", is_automatic=False, points=40)
    note(member.pk, "checkin", key="checkin:1")
    address = "/api/v1/missions/tap/claim"

    first, second = (
        signed_in_api.post(address, {}, format="json"),
        signed_in_api.post(address, {}, format="json"),
    )

    assert first.status_code == 200, first.content
    assert (first.json()["points"], first.json()["code"], first.json()["period"]) == (
        40,
        "tap",
        "once",
    )
    assert (second.status_code, second.json()["errors"][0]["code"]) == (409, "already_claimed")


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [("nothing", 404, "not_found"), ("open", 409, "mission_not_completed")],
)
def test_missions_api_when_there_is_nothing_to_collect_then_says_why(
    signed_in_api, code, status, said
):
    MissionFactory(code="open", target=2)

    answer = signed_in_api.post(f"/api/v1/missions/{code}/claim", {}, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, said)


# --- behind the counter ---------------------------------------------------------------------
FORM = {
    "status": "active", "code": "new-one", "title_zh_hans": "新任务", "title_en": "New one",
    "text_zh_hans": "", "text_en": "",
    "kind": "once", "event": "checkin", "target": "1", "prerequisite": "", "newcomer_days": "30",
    "points": "25", "coupon": "",
    "starts_at_0": "", "starts_at_1": "", "ends_at_0": "", "ends_at_1": "", "is_automatic": "on",
    "icon": "flag",
    "link": "/checkin/", "position": "5",
}  # fmt: skip


def test_admin_when_a_mission_is_made_then_it_works_at_once_and_is_written_down(
    client, operator, member
):
    client.force_login(operator)

    answer = client.post(reverse("admin:marketing_mission_add"), FORM)
    assert answer.status_code == 302, answer.context["adminform"].errors
    note(member.pk, "checkin", key="checkin:1")

    assert rewards(member) == [("mission:new-one:once", 25)]
    assert list(AuditRow.objects.values_list("action", flat=True)) == ["marketing.mission_add"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("event", "juggling"),
        ("event", "Event:Big"),
        ("target", "0"),
        ("points", "100001"),
        ("link", "https://elsewhere.example/"),
        ("link", "//x.example"),
    ],
)
def test_admin_when_a_field_is_wrong_then_refused(client, operator, field, wrong):
    client.force_login(operator)

    assert (
        client.post(reverse("admin:marketing_mission_add"), {**FORM, field: wrong}).status_code
        == 200
    )
    assert not Mission.objects.filter(code="new-one").exists()


def test_admin_when_somebody_has_begun_then_what_names_the_facts_is_fixed_and_figures_are_shown(
    client, operator, member
):
    mission = MissionFactory(code="begun", points=25)
    note(member.pk, "checkin", key="checkin:1")
    client.force_login(operator)

    shown = client.get(reverse("admin:marketing_mission_change", args=[mission.pk]))
    listed = client.get(reverse("admin:marketing_mission_changelist"), {"q": "begun"})

    assert set(shown.context["adminform"].readonly_fields) == {"code", "kind", "event"}
    (row,) = listed.context["cl"].result_list
    assert (row.on_their_way, row.times_completed, row.points_paid) == (0, 1, 25)


def test_admin_when_paused_by_action_then_facts_move_nothing(client, operator, member):
    mission = MissionFactory(code="stop")
    client.force_login(operator)

    client.post(
        reverse("admin:marketing_mission_changelist"),
        {"action": "pause", "_selected_action": [mission.pk]},
    )
    note(member.pk, "checkin", key="checkin:1")

    assert Mission.objects.get(code="stop").status == "paused"
    assert rewards(member) == []
    assert list(AuditRow.objects.values_list("action", flat=True)) == ["marketing.mission_status"]


@pytest.mark.parametrize(
    ("status", "has_begun", "wrong"),
    [("draft", True, ["status"]), ("ended", True, []), ("draft", False, [])],
)
def test_clean_when_members_have_begun_a_mission_then_it_becomes_no_draft(
    member, status, has_begun, wrong
):
    mission = MissionFactory(code="in", event="checkin", is_automatic=False)
    if has_begun:
        check_in(member)
    mission.status = status

    try:
        mission.full_clean()
        found = []
    except ValidationError as refusal:
        found = [*refusal.message_dict]
    assert found == wrong


def test_migrations_when_run_then_bring_drafts_in_both_languages():
    brought = (
        Mission.objects.filter(status="draft").exclude(title_en=None).exclude(title_zh_hans=None)
    )

    assert brought.count() >= 8
    assert not Mission.objects.filter(status="active").exists()
