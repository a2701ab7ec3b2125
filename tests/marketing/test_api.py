"""The API of marketing, for a member's app."""

from datetime import timedelta

import pytest
import time_machine

from mall.core import clock
from marketing.models import CheckIn
from marketing.notices.inbox import unread_count
from tests.factories.marketing import CheckInFactory, NotificationFactory

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def post(caller, address, body=None):
    return caller.post(address, body or {}, format="json")


# --- check-ins ------------------------------------------------------------------
def test_checkins_when_posted_then_created_and_the_second_is_kindly_refused(signed_in_api):
    first = post(signed_in_api, "/api/v1/checkins")
    again = signed_in_api.post("/api/v1/checkins", {}, format="json", HTTP_ACCEPT_LANGUAGE="en")

    today = clock.today().isoformat()
    assert (first.status_code, first.json()) == (
        201,
        {
            "on": today,
            "streak": 1,
            "points": 20,
            "set_aside": 0,
            "available": 130,
            "milestones": [],
            "missions": [],
            "shielded": [],
        },
    )
    assert again.status_code == 409
    assert again.json()["errors"] == [
        {
            "code": "already_checked_in",
            "detail": "You have already checked in today. Come back tomorrow for 25 points.",
            "attr": None,
        }
    ]


def test_checkins_when_month_is_asked_then_its_days_and_the_standing(
    signed_in_api, member, other_member
):
    today = clock.today()
    CheckInFactory(user=member, on=today - ONE_DAY, streak=2, points=25)
    CheckInFactory(user=other_member, on=today, streak=9)

    answer = signed_in_api.get("/api/v1/checkins", {"month": f"{today - ONE_DAY:%Y-%m}"}).json()

    assert answer == {
        "month": f"{today - ONE_DAY:%Y-%m}",
        "checked_in_today": False,
        "streak": 2,
        "points_today": 30,
        "points_tomorrow": 35,
        "next_milestone": {"days": 14, "points": 100, "missing": 12},
        "shields": {"a_month": 0, "left": 0, "saving": []},
        "make_up": {"price": 20, "left": 3, "days": 0},
        "outage_days": [],
        "count": 1,
        "results": [
            {"on": (today - ONE_DAY).isoformat(), "kind": "checked", "streak": 2, "points": 25}
        ],
    }


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "26-11", "2026-11-01", "x", "", "1e3", "２０２６-11"]
)
def test_checkins_when_month_is_odd_then_bad_request(signed_in_api, month):
    answer = signed_in_api.get("/api/v1/checkins", {"month": month})

    assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "month")


@pytest.mark.parametrize("body", [{"on": "2020-01-01"}, {"points": 1000}, {"streak": 7}])
def test_checkins_when_body_names_anything_then_refused_and_nothing_changed(signed_in_api, body):
    answer = post(signed_in_api, "/api/v1/checkins", body)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_field")
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("body", [[], "x", 1, [1], True])
def test_checkins_when_body_is_no_object_then_bad_request(signed_in_api, body):
    assert signed_in_api.post("/api/v1/checkins", body, format="json").status_code == 400
    assert not CheckIn.objects.exists()


def test_checkins_when_no_token_then_unauthorised(api):
    assert api.get("/api/v1/checkins").status_code == 401
    assert post(api, "/api/v1/checkins").status_code == 401


def test_checkins_when_knocked_eleven_times_in_a_minute_then_told_to_wait(signed_in_api):
    with time_machine.travel(clock.now(), tick=False):
        codes = [post(signed_in_api, "/api/v1/checkins") for _knock in range(11)]

    assert [answer.status_code for answer in codes] == [201] + [409] * 9 + [429]
    assert int(codes[-1].headers["Retry-After"]) >= 1
    assert codes[-1].json()["errors"][0]["code"] == "throttled"


# --- notifications ----------------------------------------------------------------
def test_notifications_when_listed_then_own_ones_newest_first_in_the_readers_language(
    signed_in_api, member, other_member
):
    NotificationFactory(user=member, params={"no": "1"})
    NotificationFactory(user=member, params={"no": "2"})
    NotificationFactory(user=other_member)

    answer = signed_in_api.get("/api/v1/notifications", HTTP_ACCEPT_LANGUAGE="en").json()

    assert [row["title"] for row in answer["results"]] == ["Your order is paid"] * 2
    assert [row["text"][:8] for row in answer["results"]] == ["Order 2.", "Order 1."]
    assert set(answer["results"][0]) == {
        "id",
        "kind",
        "title",
        "text",
        "url",
        "created_at",
        "read_at",
    }
    assert (answer["next"], answer["previous"]) == (None, None)


def test_notifications_when_more_than_a_page_then_the_cursor_leads_through_all(
    signed_in_api, member
):
    NotificationFactory.create_batch(30, user=member)

    first = signed_in_api.get("/api/v1/notifications").json()
    second = signed_in_api.get(first["next"]).json()

    assert [len(page["results"]) for page in (first, second)] == [24, 6]
    assert len({row["id"] for page in (first, second) for row in page["results"]}) == 30


@pytest.mark.parametrize("rows", [1, 3])
def test_notifications_when_there_are_more_then_query_count_is_literal(
    signed_in_api, member, rows, django_assert_num_queries
):
    NotificationFactory.create_batch(rows, user=member)
    signed_in_api.get("/api/v1/notifications")

    with django_assert_num_queries(QUERIES_OF_A_LIST):
        signed_in_api.get("/api/v1/notifications")


QUERIES_OF_A_LIST = 1


def test_notifications_when_asked_for_something_unknown_then_refused(signed_in_api):
    answer = signed_in_api.get("/api/v1/notifications?unread=1")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unknown_field")


def test_read_when_ids_are_named_then_those_and_no_strangers(signed_in_api, member, other_member):
    first, _second = NotificationFactory.create_batch(2, user=member)
    strange = NotificationFactory(user=other_member)

    answer = post(signed_in_api, "/api/v1/notifications/read", {"ids": [first.pk, strange.pk]})

    assert answer.json() == {"read": 1, "unread": 1}
    assert unread_count(other_member) == 1


def test_read_when_nothing_is_named_then_all_and_again_is_harmless(signed_in_api, member):
    NotificationFactory.create_batch(2, user=member)

    answers = [post(signed_in_api, "/api/v1/notifications/read").json() for _again in range(2)]

    assert answers == [{"read": 2, "unread": 0}, {"read": 0, "unread": 0}]


@pytest.mark.parametrize(
    "ids", [["x"], [0], [-1], [1.5], [True], [10**30], "all", {"a": 1}, [[1]], list(range(1, 102))]
)
def test_read_when_ids_are_odd_then_bad_request_and_nothing_changed(signed_in_api, member, ids):
    NotificationFactory(user=member)

    answer = post(signed_in_api, "/api/v1/notifications/read", {"ids": ids})

    assert answer.status_code == 400
    assert unread_count(member) == 1
