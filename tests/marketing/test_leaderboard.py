"""Leaderboards: what counts, how ranks are shared, who is nowhere, what is frozen; and badges."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts import closing
from mall import verification
from mall.core import clock
from marketing.badges import awarding as badges
from marketing.checkin import streak
from marketing.leaderboard import counting, standings
from marketing.models import Board, BoardScore, CheckIn, MemberBadge, Notification
from points import adjustments, expiry, ledger, rules
from points.models import Rule
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 11, 18, 4, tzinfo=UTC)  # noon in Shanghai; the week began on the 16th
MONDAY = date(2026, 11, 16)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(WEDNESDAY, tick=False) as traveller:
        yield traveller
        assert verification.verify() == []


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def earn(member, points, key="1"):
    words = {"amount": points, "reference": f"mission:{key}"}
    return rules.award(member.pk, "mission", key=f"mission:{key}", **words)


def scores(period="week"):
    rows = BoardScore.objects.filter(board__period=period, board__frozen_at__isnull=True)
    return dict(rows.values_list("user", "points"))


# --- what counts --------------------------------------------------------------------
def test_count_due_when_points_came_many_ways_then_only_what_was_done_and_is_left(operator, noon):
    noon.shift(timedelta(days=-3))  # last week, and this month
    busy, corrected = member_with(700), member_with()
    earn(busy, 40, "before")
    noon.shift(timedelta(days=3))
    earn(busy, 100)
    earn(busy, 30, "back")
    ledger.clawback(busy.pk, of_key="mission:back", points=20, key="undo", reference="mission:back")
    ledger.spend(busy.pk, points=500, key="spent", reference="order:1")
    rules.award(busy.pk, "birthday", key="birthday:2026-11-18", reference="birthday:2026-11-18")
    asked = adjustments.ask(
        corrected.pk, points=4_000, ticket="t", operator=operator, note="a correction"
    )
    assert asked.points == 4_000

    for _again in range(2):
        counting.count_due()

    assert scores() == {busy.pk: 110}
    assert scores("month") == {busy.pk: 150}
    assert counting.count_due() == 0


def test_count_due_when_points_expire_within_the_month_then_they_do_not_count(noon):
    mission = Rule.objects.get(code="mission")
    rules.publish(
        mission, actor="system", value="given", validity="days", validity_days=3,
        per_day=50, per_week=200, per_month=500,
    )  # fmt: skip
    member = member_with()
    earn(member, 100)
    ledger.spend(member.pk, points=30, key="spent", reference="order:1")
    counting.count_due()
    before = scores("month")

    noon.shift(timedelta(days=7))
    expiry.expire_due(clock.today())
    earn(member, 5, "later")
    counting.count_due()

    assert before == {member.pk: 100}
    assert scores("month") == {member.pk: 35}  # 70 nobody spent are gone
    assert scores() == {member.pk: 5} | {pk: n for pk, n in scores().items() if pk != member.pk}


# --- who stands where -------------------------------------------------------------------
def test_leaderboard_when_points_are_equal_then_one_rank_and_the_way_to_the_next(
    english, signed_in_api, member, other_member
):
    third, fourth = member_with(), member_with()
    for one, points in ((other_member, 300), (third, 300), (member, 120), (fourth, 120)):
        earn(one, points)
    counting.count_due()

    told = signed_in_api.get("/api/v1/leaderboard", {"period": "week"}).json()
    english.force_login(member)
    page = english.get("/leaderboard/").content.decode()

    assert [(row["rank"], row["points"]) for row in told["results"]][:2] == [(1, 300), (1, 300)]
    assert [row["rank"] for row in told["results"] if row["points"] == 120] == [4]
    assert told["own"]["rank"] == 3
    assert (told["own"]["next"], told["own"]["missing"]) == (1, 300 - told["own"]["points"])
    assert all("*" in row["name"] for row in told["results"])
    assert other_member.username not in page
    assert "more points to place 1" in page
    assert signed_in_api.get("/api/v1/leaderboard?period=day").status_code == 400
    assert english.get("/leaderboard/?period=nonsense&of=yesterday").status_code == 200


def test_take_part_when_a_member_opts_out_then_nowhere_and_back_from_this_week_on(
    english, bearer, member, other_member, noon
):
    earn(member, 400)
    earn(other_member, 100)
    counting.count_due()
    english.force_login(other_member)
    behind = standings.of(Board.objects.get(period="week"), other_member).own.rank

    noon.shift(timedelta(days=7))
    counting.count_due()
    frozen = Board.objects.get(period="week", starts_on=MONDAY)
    app = bearer(member)
    out = app.patch("/api/v1/leaderboard", {"is_shown": False}, format="json")
    counting.count_due()

    assert (behind, out.status_code, frozen.is_frozen) == (2, 200, True)
    assert not BoardScore.objects.filter(user=member).exists()
    assert standings.of(frozen, other_member).own.rank == 1
    page = english.get(f"/leaderboard/?period=week&of={MONDAY}").content.decode()
    assert page.count("board__place") == 1
    assert app.get("/api/v1/leaderboard").json()["own"] is None
    assert app.patch("/api/v1/leaderboard", {}, format="json").status_code == 400
    english.force_login(member)
    assert "You take no part" in english.get("/leaderboard/").content.decode()
    english.post("/leaderboard/participation/", {"wanted": "yes"})
    back = BoardScore.objects.filter(user=member, board__period="month").values_list("points")
    assert list(back) == [(410,)]  # with the points of signing in


def test_count_due_when_a_member_is_shut_out_or_leaves_then_off_the_boards(member, other_member):
    for one in (member, other_member):
        earn(one, 100)
    counting.count_due()
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    closing.close(other_member)

    counting.count_due()

    assert scores() == scores("month") == {}


# --- what is over ---------------------------------------------------------------------
def test_freeze_due_when_a_month_is_over_then_it_stays_and_the_first_three_have_a_badge(noon):
    members = [member_with() for _ in range(5)]
    for one, points in zip(members, (50, 40, 40, 30, 20), strict=True):
        earn(one, points)
    counting.count_due()

    noon.move_to(datetime(2026, 11, 30, 16, 30, tzinfo=UTC))  # half an hour into December
    counting.count_due()
    early = Board.objects.get(period="month", starts_on=date(2026, 11, 1)).is_frozen
    noon.shift(timedelta(hours=1))
    for _again in range(2):
        counting.count_due()
    ledger.clawback(members[0].pk, of_key="mission:1", points=50, key="undo", reference="mission:1")
    counting.count_due()

    board = Board.objects.get(period="month", starts_on=date(2026, 11, 1))
    assert (early, board.is_frozen) == (False, True)
    assert sorted(board.scores.values_list("points", flat=True)) == [20, 30, 40, 40, 50]
    owners = MemberBadge.objects.filter(code="top_three").values_list("user", flat=True)
    assert sorted(owners) == [one.pk for one in members[:3]]
    assert Notification.objects.filter(kind="badge_earned").count() == 3


def test_count_members_when_many_earned_then_as_many_statements_as_for_two(
    django_assert_num_queries,
):
    few, many = [member_with() for _ in range(2)], [member_with() for _ in range(9)]
    for one in (*few, *many):
        earn(one, 10)
    counting.open_boards(clock.today())

    for members in (few, many):
        with django_assert_num_queries(COUNTED):
            counting.count_members([one.pk for one in members])


COUNTED = 11


# --- badges -------------------------------------------------------------------------
def test_give_due_when_streaks_and_years_are_full_then_once_and_told(english, member):
    joined = clock.now() - timedelta(days=366)
    type(member).objects.filter(pk=member.pk).update(date_joined=joined)
    yesterday = clock.today() - timedelta(days=1)
    CheckIn.objects.create(user=member, on=yesterday, streak=29)
    assert badges.give_due() == 1  # a year together
    streak.check_in(member)

    given = [badges.give_due() for _again in range(2)]

    assert given == [1, 0]
    assert sorted(MemberBadge.objects.filter(user=member).values_list("code", "earned_on")) == [
        ("streak_30", clock.today()),
        ("year", date(2026, 11, 17)),
    ]
    english.force_login(member)
    page = english.get("/badges/").content.decode()
    assert page.count("badge-card--open") == len(MemberBadge.Code) - 2
    assert "Earned on" in page
    assert "30 days in a row" in english.get("/inbox/").content.decode()
