"""The evening's reminder: who is about to lose a streak hears of it, once."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.utils import translation

from mall.core import clock, kept
from marketing.checkin.streak import check_in
from marketing.models import Notification
from marketing.notices import reminders
from marketing.notices.inbox import inbox
from points.models import TierLevel
from tests.factories.accounts import MemberFactory
from tests.factories.catalog import SkuFactory
from tests.factories.marketing import CheckInFactory
from tests.factories.orders import give_points
from tests.factories.points import in_tier
from tests.points.test_multipliers import a_rule

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
THURSDAY = FRIDAY - timedelta(days=1)


def test_remind_streaks_when_run_twice_then_told_once_with_what_today_gives(member):
    CheckInFactory(user=member, on=THURSDAY, streak=4)

    assert reminders.remind_streaks(on=FRIDAY) == 1
    assert reminders.remind_streaks(on=FRIDAY) == 0

    row = inbox(member).get()
    assert (row.kind, row.key, row.params, row.url) == (
        "streak_at_risk",
        "streak:2026-11-20",
        {"streak": 4, "points": 40},
        "/checkin/",
    )


def test_remind_streaks_when_tier_and_multiplier_give_more_then_told_what_the_check_in_pays(
    member, other_member
):
    TierLevel.objects.filter(level=5).update(shields_a_month=0)
    kept.forget()
    with time_machine.travel(datetime.combine(FRIDAY, time(20), clock.SHOP_ZONE), tick=False):
        in_tier(member, 5)
        a_rule("treat", percent=200, actions=["checkin"])
        for user in (member, other_member):
            CheckInFactory(user=user, on=THURSDAY, streak=4)

        assert reminders.remind_streaks() == 2

        told = [inbox(user).get(kind="streak_at_risk") for user in (member, other_member)]
        paid = [check_in(user).points for user in (member, other_member)]
    assert [row.params["points"] for row in told] == paid
    assert paid[0] > paid[1] == 80


def test_remind_streaks_when_checked_in_today_then_left_in_peace(member):
    CheckInFactory(user=member, on=THURSDAY, streak=4)
    check_in(member, FRIDAY)

    assert reminders.remind_streaks(on=FRIDAY) == 0


@pytest.mark.parametrize(("on", "streak"), [(THURSDAY, 1), (THURSDAY - timedelta(days=1), 9)])
def test_remind_streaks_when_streak_is_short_or_over_then_left_in_peace(member, on, streak):
    CheckInFactory(user=member, on=on, streak=streak)

    assert reminders.remind_streaks(on=FRIDAY) == 0


def test_remind_streaks_when_member_is_gone_then_left_in_peace(member):
    CheckInFactory(user=member, on=THURSDAY, streak=4)
    member.is_active = False
    member.save(update_fields=["is_active"])

    assert reminders.remind_streaks(on=FRIDAY) == 0


def test_remind_streaks_when_more_than_a_batch_then_everybody_is_told(
    member, other_member, monkeypatch
):
    monkeypatch.setattr(reminders, "BATCH", 1)
    for user in (member, other_member):
        CheckInFactory(user=user, on=THURSDAY, streak=2)

    assert reminders.remind_streaks(on=FRIDAY) == 2
    assert Notification.objects.values("user").distinct().count() == 2


def test_remind_streaks_when_next_day_then_reminded_anew(member):
    CheckInFactory(user=member, on=THURSDAY, streak=4)
    reminders.remind_streaks(on=FRIDAY)
    check_in(member, FRIDAY)

    assert reminders.remind_streaks(on=FRIDAY + timedelta(days=1)) == 1


def test_check_in_when_a_reminder_waits_then_it_is_read_with_it(member):
    CheckInFactory(user=member, on=THURSDAY, streak=2)
    reminders.remind_streaks(on=FRIDAY)

    check_in(member, FRIDAY)

    assert not inbox(member).unread().exists()


# --- points that end ----------------------------------------------------------------
def ends_in(member, days, points=300):
    give_points(member, points, expires_on=FRIDAY + timedelta(days=days))


@pytest.fixture
def friday():
    with time_machine.travel(clock.start_of(FRIDAY) + timedelta(hours=12), tick=False) as now:
        yield now


@pytest.mark.parametrize(
    ("days", "distance"), [(30, 30), (29, 30), (8, 30), (7, 7), (2, 7), (1, 1)]
)
def test_remind_expiring_when_points_end_soon_then_told_once_per_day_and_distance(
    friday, member, days, distance
):
    ends_in(member, days)

    assert (reminders.remind_expiring(), reminders.remind_expiring()) == (1, 0)

    row = inbox(member).get(kind="points_expiring")
    assert row.key == f"expiring:{FRIDAY + timedelta(days=days)}:{distance}"
    assert (row.params["points"], row.params["days"], row.url) == (300, days, "/points/")


@pytest.mark.parametrize("days", [31, 0])
def test_remind_expiring_when_points_end_later_or_today_then_nothing_is_said(friday, member, days):
    ends_in(member, days)

    assert reminders.remind_expiring() == 0


def test_remind_expiring_when_time_goes_by_then_told_at_thirty_seven_and_one(friday, member):
    ends_in(member, 30)

    told = [reminders.remind_expiring(on=FRIDAY + timedelta(days=day)) for day in range(31)]

    assert [day for day, new in enumerate(told) if new] == [0, 23, 29]


def test_remind_expiring_when_goods_are_in_reach_then_they_are_named_and_linked(friday, member):
    ends_in(member, 7, points=350)
    near = SkuFactory(points_price=420, stock=3).product
    SkuFactory(points_price=300, stock=0)
    SkuFactory(points_price=9000, stock=3)

    reminders.remind_expiring()

    row = inbox(member).get(kind="points_expiring")
    with translation.override("en"):
        wording = row.wording
    assert wording.title == "350 points expire in 7 days"
    assert wording.goods == ((near.name_en, f"/products/{near.pk}/"),)


def test_remind_expiring_when_members_are_many_then_the_queries_are_few(
    friday, django_assert_max_num_queries
):
    for _n in range(12):
        ends_in(MemberFactory(), 7)

    with django_assert_max_num_queries(14):
        assert reminders.remind_expiring() == 12
