"""Make-up, shields, outage days and milestones through the doors: page, API, back office."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages

from mall.core import clock
from marketing.checkin import make_up, outages, streak
from marketing.errors import MakeUpOutOfReach
from marketing.models import CheckIn, CheckInPolicy, Notification, OutageDay
from marketing.notices import reminders
from points import rules
from points.models import LedgerEntry, PointAccount, Rule, TierLevel
from tests.factories.marketing import CheckInFactory, MissionFactory

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)
FRIDAY = date(2026, 11, 20)
THURSDAY = FRIDAY - ONE_DAY


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(clock.start_of(FRIDAY) + timedelta(hours=12), tick=False):
        yield


@pytest.fixture
def lapsed(member):
    """A member of a month who came twelve days in a row until Wednesday, and missed Thursday."""
    member.date_joined -= timedelta(days=30)
    member.save()
    for n in range(1, 13):
        CheckInFactory(user=member, on=FRIDAY - (14 - n) * ONE_DAY, streak=n)
    return member


@pytest.fixture
def english(client):
    client.cookies["mall_language"] = "en"
    return client


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def errors(answer):
    return [(one["code"], one["attr"]) for one in answer.json()["errors"]]


# --- the API --------------------------------------------------------------------
def test_make_up_when_asked_by_api_then_price_and_streak_are_those_that_result(lapsed, bearer):
    caller = bearer(lapsed)

    offer = caller.get("/api/v1/checkins/make-up").json()
    made = caller.post("/api/v1/checkins/make-up", {"on": "2026-11-19", "price": 20}, format="json")
    again = caller.post("/api/v1/checkins/make-up", {"on": "2026-11-19"}, format="json")

    assert offer == {
        "window_days": 7,
        "most": 3,
        "left": 3,
        "price": 20,
        "streak": 0,
        "days": [{"on": "2026-11-19", "price": 20, "streak": 13, "joins": True}],
    }
    assert (made.status_code, made.json()) == (
        201,
        {"on": "2026-11-19", "price": 20, "streak": 13, "available": 90, "milestones": []},
    )
    assert (again.status_code, errors(again)) == (409, [("not_missed", "on")])
    entry = LedgerEntry.objects.get(account_id=lapsed.pk, key="makeup:2026-11-19")
    assert (entry.kind, entry.delta, entry.reference) == ("spend", -20, "makeup:2026-11-19")
    assert caller.get("/api/v1/checkins").json()["make_up"] == {"price": 40, "left": 2, "days": 0}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, ("required", "on")),
        ({"on": "x"}, 400, ("invalid", "on")),
        ({"on": "2026-11-19", "price": -1}, 400, ("min_value", "price")),
        ({"on": "2026-11-19", "price": 5.5}, 400, ("invalid", "price")),
        ({"on": "2026-11-19", "free": True}, 400, ("unknown_field", "free")),
        ({"on": "2026-11-20"}, 409, ("make_up_out_of_reach", "on")),
        ({"on": "2026-11-12"}, 409, ("make_up_out_of_reach", "on")),
        ({"on": "9999-12-31"}, 409, ("make_up_out_of_reach", "on")),
        ({"on": "0001-01-01"}, 409, ("make_up_out_of_reach", "on")),
        ({"on": "2026-11-18"}, 409, ("not_missed", "on")),
        ({"on": "2026-11-19", "price": 10}, 409, ("price_changed", "price")),
    ],
)
def test_make_up_when_it_cannot_be_then_one_error_and_nothing_changed(
    lapsed, bearer, body, status, error
):
    caller, before = bearer(lapsed), CheckIn.objects.count()

    answer = caller.post("/api/v1/checkins/make-up", body, format="json")

    assert (answer.status_code, errors(answer)) == (status, [error])
    assert (CheckIn.objects.count(), available(lapsed)) == (before, 110)


def test_make_up_when_midnight_of_the_shop_passes_then_the_window_moves_and_today_joins_it(lapsed):
    CheckIn.objects.filter(user=lapsed, on=FRIDAY - 7 * ONE_DAY).delete()
    midnight = clock.start_of(FRIDAY + ONE_DAY)
    with time_machine.travel(midnight - timedelta(milliseconds=1), tick=False):
        before = [missed.on for missed in make_up.offer(lapsed).days]
    with time_machine.travel(midnight, tick=False):
        after = [missed.on for missed in make_up.offer(lapsed).days]
        with pytest.raises(MakeUpOutOfReach):
            make_up.make_up(lapsed, FRIDAY - 7 * ONE_DAY)

    assert before == [FRIDAY - 7 * ONE_DAY, THURSDAY]
    assert after == [THURSDAY, FRIDAY]
    assert available(lapsed) == 100


def test_check_in_when_a_milestone_and_missions_pay_then_all_are_named(lapsed, bearer):
    MissionFactory(code="quick", title_en="Be quick", points=10)
    MissionFactory(code="slow", title_en="Take it slow", points=30, is_automatic=False)
    caller = bearer(lapsed)
    caller.post("/api/v1/checkins/make-up", {"on": "2026-11-19"}, format="json")

    answer = caller.post("/api/v1/checkins", {}, format="json", HTTP_ACCEPT_LANGUAGE="en").json()

    assert answer == {
        "on": "2026-11-20",
        "streak": 14,
        "points": 50,
        "available": 110 - 20 + 50 + 100 + 10,
        "set_aside": 0,
        "milestones": [{"days": 14, "points": 100}],
        "missions": [
            {"code": "quick", "title": "Be quick", "points": 10, "coupon": "", "is_paid": True},
            {
                "code": "slow",
                "title": "Take it slow",
                "points": 30,
                "coupon": "",
                "is_paid": False,
            },
        ],
        "shielded": [],
    }
    entries = caller.get("/api/v1/points/entries", HTTP_ACCEPT_LANGUAGE="en").json()["results"]
    assert [entry["description"] for entry in entries[:4]] == [
        "Mission: Be quick",
        "14 days in a row",
        "Daily check-in, day 14",
        "Made up November 19",
    ]


def test_check_in_when_shields_are_left_then_they_cover_and_are_counted(lapsed, bearer):
    TierLevel.objects.update(shields_a_month=2)
    caller = bearer(lapsed)
    before = caller.get("/api/v1/checkins").json()

    answer = caller.post("/api/v1/checkins", {}, format="json").json()

    after = caller.get("/api/v1/checkins").json()
    assert (before["streak"], before["shields"]) == (
        12,
        {"a_month": 2, "left": 2, "saving": ["2026-11-19"]},
    )
    assert (answer["streak"], answer["shielded"]) == (13, ["2026-11-19"])
    assert after["shields"] == {"a_month": 2, "left": 1, "saving": []}
    assert [(row["on"], row["kind"], row["streak"]) for row in after["results"][-2:]] == [
        ("2026-11-19", "shielded", 12),
        ("2026-11-20", "checked", 13),
    ]


def test_check_in_when_the_missed_day_was_an_outage_then_no_shield_is_spent(
    lapsed, bearer, admin_user
):
    TierLevel.objects.update(shields_a_month=2)
    outages.declare(THURSDAY, reason="Fire", operator=admin_user)

    row = streak.check_in(lapsed)

    answer = bearer(lapsed).get("/api/v1/checkins").json()
    assert (row.streak, list(row.shielded)) == (13, [])
    assert (answer["outage_days"], answer["shields"]["left"]) == (["2026-11-19"], 2)


# --- the pages ------------------------------------------------------------------
def test_page_when_a_day_was_missed_then_it_is_mended_after_a_look(lapsed, english):
    english.force_login(lapsed)
    page = english.get("/checkin/")
    asked = english.get("/checkin/make-up/?on=2026-11-19")

    done = english.post("/checkin/make-up/", {"on": "2026-11-19", "price": "20"})
    twice = english.post("/checkin/make-up/", {"on": "2026-11-19", "price": "20"})

    assert "Make up for 20 points" in page.text and "makes it 13 days in a row" in page.text
    assert "Make it up for 20 points" in asked.text and "<strong>13</strong>" in asked.text
    assert done.headers["Location"] == twice.headers["Location"] == "/checkin/"
    assert said(twice) == [
        "November 19 is made up. Days in a row: 13.",
        "This day is not missing from your calendar.",
    ]
    page = english.get("/checkin/")
    assert 'calendar__word">made up' in page.text
    assert (page.context["standing"].streak, available(lapsed)) == (13, 80)


@pytest.mark.parametrize(
    ("missed", "came", "streaks"),
    [
        ([3], False, {3: (0, False), 1: (2, True)}),  # Tuesday alone: Thursday is missed, too
        ([3], True, {3: (1, False), 1: (3, True)}),
        ([2], True, {2: (1, False), 1: (2, True)}),  # Thursday leads to Friday alone
        ([], True, {1: (14, True)}),
    ],
)
def test_make_up_when_days_after_it_are_missed_then_page_and_api_say_it_does_not_join(
    lapsed, english, bearer, missed, came, streaks
):
    CheckIn.objects.filter(user=lapsed, on__in=[FRIDAY - n * ONE_DAY for n in missed]).delete()
    if missed == [3]:
        CheckIn.objects.filter(user=lapsed, on=FRIDAY - 2 * ONE_DAY).update(streak=1)
    if came:
        CheckInFactory(user=lapsed, on=FRIDAY, streak=1)
    english.force_login(lapsed)
    board = english.get("/checkin/").text
    asked = {n: english.get(f"/checkin/make-up/?on={FRIDAY - n * ONE_DAY}").text for n in streaks}

    offered = bearer(lapsed).get("/api/v1/checkins/make-up").json()["days"]

    sentence = "for the points it fills its place in your calendar"
    lonely = [n for n, (_days, joins) in streaks.items() if not joins]
    assert {
        (FRIDAY - date.fromisoformat(one["on"])).days: (one["streak"], one["joins"])
        for one in offered
    } == streaks
    assert [n for n, text in asked.items() if sentence in text] == lonely
    assert board.count("would not join your streak") == len(lonely)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("", 404), ("?on=x", 404), ("?on=2026-11-20", 302), ("?on=2026-11-18", 302)],
)
def test_make_up_page_when_day_is_odd_then_no_page_or_the_calendar(lapsed, client, asked, status):
    client.force_login(lapsed)

    assert client.get(f"/checkin/make-up/{asked}").status_code == status


def test_make_up_page_when_points_do_not_reach_then_it_says_how_many_are_lacking(lapsed, english):
    CheckInPolicy.objects.update(make_up_prices=[500])
    english.force_login(lapsed)

    page = english.get("/checkin/make-up/?on=2026-11-19")
    done = english.post("/checkin/make-up/", {"on": "2026-11-19", "price": "500"})

    assert "You lack 400 points for it." in page.text and "make-up__button" not in page.text
    assert len(said(done)) == 1 and available(lapsed) == 100


def test_page_when_just_checked_in_then_everything_that_paid_is_named_once(lapsed, english):
    MissionFactory(code="quick", title_en="Be quick", points=10)
    CheckInFactory(user=lapsed, on=THURSDAY, streak=13)
    english.force_login(lapsed)

    english.post("/checkin/")
    page, later = english.get("/checkin/"), english.get("/checkin/")

    earned = page.context["earned"]
    assert (earned.points, page.context["standing"].flame) == (160, 4)
    assert "data-count-up>+160" in page.text
    assert "Milestone: 14 days" in page.text and "Mission: Be quick" in page.text
    assert "toast-note--success" not in page.text  # the page says it all
    assert later.context["earned"] is None and "Milestone: 14 days" not in later.text
    assert "200 points for 30 days in a row: 16 days to go" in later.text


# --- the back office ------------------------------------------------------------
def test_outage_when_declared_late_then_streaks_are_drawn_anew_and_nothing_is_paid(
    lapsed, english, admin_user
):
    TierLevel.objects.update(shields_a_month=1)
    shielded = CheckInFactory(user=lapsed, on=THURSDAY, streak=12, kind="shielded")
    CheckInFactory(user=lapsed, on=FRIDAY, streak=13)
    english.force_login(admin_user)
    add = "/admin/marketing/outageday/add/"
    with time_machine.travel(clock.start_of(FRIDAY + 2 * ONE_DAY), tick=False):
        row = streak.check_in(lapsed)  # Saturday is missed, and the shield of the month is spent

        refused = english.post(add, {"on": "2025-01-01", "reason": "Fire"})
        for day in (THURSDAY, FRIDAY + ONE_DAY):
            assert english.post(add, {"on": day, "reason": "Fire"}).status_code == 302
        before = available(lapsed)
        outages.draw_due()
        with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
            outages.draw_due()
            assert outages.draw_due() == 0

    assert row.streak == 1
    assert "Please choose a day from 92 days ago to 31 days ahead." in refused.text
    assert list(CheckIn.objects.filter(user=lapsed, on__gte=FRIDAY).values_list("streak")) == [
        (14,),
        (13,),
    ]
    assert not CheckIn.objects.filter(pk=shielded.pk).exists()
    assert available(lapsed) == before
    assert sorted(OutageDay.objects.values_list("on", "members", "declared_by")) == [
        (THURSDAY, 1, f"staff:{admin_user.pk}"),  # all days at once
        (FRIDAY + ONE_DAY, 0, f"staff:{admin_user.pk}"),
    ]


def test_outage_when_its_day_has_come_then_it_stays(english, admin_user):
    ahead = outages.declare(FRIDAY + ONE_DAY, reason="Move", operator=admin_user)
    come = outages.declare(FRIDAY, reason="Fire", operator=admin_user)
    english.force_login(admin_user)

    answers = [
        english.post(f"/admin/marketing/outageday/{one.pk}/delete/", {"post": "yes"}).status_code
        for one in (ahead, come)
    ]

    assert answers == [302, 403]
    assert list(OutageDay.objects.values_list("on")) == [(FRIDAY,)]


def test_policy_when_prices_are_written_then_kept_and_odd_ones_refused_beside_the_field(
    english, admin_user
):
    english.force_login(admin_user)
    address = f"/admin/marketing/checkinpolicy/{CheckInPolicy.objects.get().pk}/change/"

    odd = english.post(address, {"make_up_days": 7, "make_up_prices": "20: 5"})
    good = english.post(address, {"make_up_days": 5, "make_up_prices": "10，30"})

    assert "Please write whole numbers with commas between them." in odd.text
    assert good.status_code == 302
    policy = CheckInPolicy.objects.get()
    assert (policy.make_up_days, policy.make_up_prices) == (5, [10, 30])


@pytest.mark.parametrize(
    ("table", "refused"),
    [
        ("14: 50, 21: 80", ""),
        ("14, 21", "Please write each step once"),
        ("14: 50, 14: 80", "Please write each step once"),
        ("0: 50", "Please write each step once"),
        ("14: x", "Please write each step once"),
        ("", "Please write each step once"),
    ],
)
def test_milestones_when_an_operator_edits_the_table_then_a_new_version_or_one_sentence(
    english, admin_user, table, refused
):
    rule = Rule.objects.get(code="checkin_milestone")
    english.force_login(admin_user)
    sent = {
        "name_zh_hans": "连签", "name_en": "Long streaks", "status": "active", "priority": 100,
        "value": "steps", "table": table, "points": 0, "validity": "standard", "validity_days": 0,
        "per_day": 5, "per_week": 10, "per_month": 20, "per_life": 1000, "every_days": 0,
        "matures_after_days": 0, "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0,
    }  # fmt: skip

    answer = english.post(f"/admin/points/rule/{rule.pk}/change/", sent)

    assert (refused in answer.text) if refused else answer.status_code == 302
    assert rule.versions.first().table == (
        [[14, 100], [30, 200], [100, 500]] if refused else [[14, 50], [21, 80]]
    )


def test_milestones_when_the_table_is_changed_then_nothing_is_paid_backwards(lapsed):
    CheckInFactory(user=lapsed, on=THURSDAY, streak=13)
    rule = Rule.objects.get(code="checkin_milestone")
    numbers = rules.numbers_of(rule.versions.first())
    rules.publish(rule, actor="test", **{**numbers, "table": [[10, 999], [15, 70]]})

    friday = streak.check_in(lapsed)
    saturday = streak.check_in(lapsed, FRIDAY + ONE_DAY)

    assert friday.milestones == []
    assert [(one.days, one.points) for one in saturday.milestones] == [(15, 70)]


def test_reminders_when_a_shield_is_left_or_an_outage_excuses_then_nobody_is_worried(
    lapsed, other_member, admin_user
):
    CheckInFactory(user=lapsed, on=THURSDAY, streak=13)
    CheckInFactory(user=other_member, on=THURSDAY - ONE_DAY, streak=4)
    TierLevel.objects.update(shields_a_month=1)
    assert reminders.remind_streaks() == 0

    TierLevel.objects.update(shields_a_month=0)
    outages.declare(THURSDAY, reason="Fire", operator=admin_user)
    assert reminders.remind_streaks() == 2  # the other's streak hangs on today as well
    told = Notification.objects.filter(kind="streak_at_risk")
    assert sorted(one.params["streak"] for one in told) == [4, 13]

    told.delete()
    outages.declare(FRIDAY, reason="Fire", operator=admin_user)
    assert reminders.remind_streaks() == 0
