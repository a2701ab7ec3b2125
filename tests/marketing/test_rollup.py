"""A shop day counted up from its facts, as often as one likes."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from accounts.registration import note_sign_in, register
from mall.core import clock
from marketing.analytics import activity, rollup
from marketing.checkin.streak import check_in
from marketing.models import DailyActivity, DailyRollup
from points import ledger
from tests.marketing.orders import placed

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=clock.SHOP_ZONE)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def friday():
    """A Friday with two newcomers, one sign-in, one check-in, two orders, one spend, one captured
    and one open hold.
    """
    with time_machine.travel(NOON, tick=False):
        first, second = (register(name, f"{name}@example.com") for name in ("first", "second"))
        note_sign_in(first)
        note_sign_in(first)
        check_in(first)
        placed(first)
        placed(second)
        ledger.spend(first.pk, points=30, key="order:1:spend", reference="order:1")
        for n in (2, 3):
            ledger.hold(
                first.pk, points=10, key=f"order:{n}:hold", reference=f"order:{n}", expires_at=NOON
            )
        ledger.capture(
            first.pk, hold_key="order:2:hold", key="order:2:capture", reference="order:2"
        )
    return first, second


def numbers_of(day):
    return DailyRollup.objects.values(
        "dau",
        "new_members",
        "check_ins",
        "orders",
        "points_issued",
        "points_spent",
        "points_expired",
    ).get(pk=day)


FRIDAYS_NUMBERS = {
    "dau": 2,
    "new_members": 2,
    "check_ins": 1,
    "orders": 2,
    "points_issued": 2 * 100 + 10 + 20,
    "points_spent": 30 + 10,
    "points_expired": 0,
}


def test_roll_up_when_day_has_facts_then_each_is_counted_once(friday):
    rollup.roll_up(FRIDAY)

    assert numbers_of(FRIDAY) == FRIDAYS_NUMBERS


def test_roll_up_when_rebuilt_then_rows_are_equal(friday):
    rollup.roll_up(FRIDAY)
    activities = list(DailyActivity.objects.order_by("pk").values())

    rollup.roll_up(FRIDAY)

    assert numbers_of(FRIDAY) == FRIDAYS_NUMBERS
    assert list(DailyActivity.objects.order_by("pk").values()) == activities


def test_roll_up_when_row_and_gathered_activity_were_lost_then_they_come_back(friday):
    rollup.roll_up(FRIDAY)
    DailyRollup.objects.all().delete()
    DailyActivity.objects.exclude(action="sign_in").delete()

    rollup.roll_up(FRIDAY)

    assert numbers_of(FRIDAY) == FRIDAYS_NUMBERS


def test_roll_up_when_facts_lie_around_midnight_then_shop_days_part_them(member):
    midnight = datetime(2026, 11, 21, tzinfo=clock.SHOP_ZONE)
    for at in (midnight - timedelta(milliseconds=1), midnight):
        placed(member, at=at)
    User.objects.filter(pk=member.pk).update(date_joined=midnight)

    days = [rollup.roll_up(day) for day in (FRIDAY, FRIDAY + ONE_DAY)]

    assert [(day.orders, day.dau, day.new_members) for day in days] == [(1, 1, 0), (1, 1, 1)]


def test_roll_up_when_day_is_empty_then_all_is_nothing():
    rollup.roll_up(FRIDAY)

    assert set(numbers_of(FRIDAY).values()) == {0}


def test_roll_up_when_points_expired_then_they_are_counted(member):
    ledger.accrue(member.pk, points=40, key="adjust:old", expires_on=clock.today())
    tomorrow = clock.today() + ONE_DAY

    with time_machine.travel(clock.start_of(tomorrow)):
        ledger.sweep(member.pk, tomorrow)

    assert rollup.roll_up(tomorrow).points_expired == 40


def test_record_when_same_action_again_then_one_row(member):
    for action in ("sign_in", "sign_in", "check_in"):
        activity.record(member.pk, FRIDAY, action)

    assert DailyActivity.objects.count() == 2


def test_roll_up_recent_when_first_ever_then_starts_at_the_first_fact(member):
    activity.record(member.pk, FRIDAY - 3 * ONE_DAY, "sign_in")

    days = rollup.roll_up_recent(today=FRIDAY)

    assert [day.on for day in days] == [FRIDAY - n * ONE_DAY for n in (3, 2, 1, 0)]


def test_roll_up_recent_when_beat_was_away_for_days_then_they_are_made_up(member):
    rollup.roll_up(FRIDAY - 3 * ONE_DAY)

    rollup.roll_up_recent(today=FRIDAY)

    assert DailyRollup.objects.count() == 4


def test_roll_up_recent_when_counted_yesterday_then_yesterday_and_today_again():
    rollup.roll_up(FRIDAY - ONE_DAY)
    rollup.roll_up(FRIDAY)

    assert [day.on for day in rollup.roll_up_recent(today=FRIDAY)] == [FRIDAY - ONE_DAY, FRIDAY]
