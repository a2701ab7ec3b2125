"""The daily check-in: once a shop day, a streak, and what tomorrow brings."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from mall.core import clock
from marketing.checkin.month import calendar
from marketing.checkin.streak import check_in, standing
from marketing.errors import AlreadyCheckedIn
from marketing.models import CheckIn
from points import ledger
from points.models import LedgerEntry, PointAccount, Rule
from tests.factories.marketing import CheckInFactory

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
ONE_DAY = timedelta(days=1)
TABLE = [20, 25, 30, 35, 40, 45, 50]


@pytest.fixture(autouse=True)
def _noon():
    """Members join on the Friday the tests begin with, whatever day it is outside."""
    with time_machine.travel(clock.start_of(FRIDAY) + timedelta(hours=12), tick=False):
        yield


def entries_of(member):
    found = LedgerEntry.objects.filter(account_id=member.pk, key__startswith="checkin:").order_by(
        "id"
    )
    return list(found.values_list("key", "kind", "delta", "reference"))


def available(member):
    return PointAccount.objects.get(pk=member.pk).available


def at_shop(moment):
    """Freeze the clock at a moment of Shanghai; it does not tick."""
    return time_machine.travel(f"{moment}+08:00", tick=False)


def test_check_in_when_first_time_then_row_and_entry_carry_the_first_reward(member):
    row = check_in(member, FRIDAY)

    assert (row.on, row.streak, row.points) == (FRIDAY, 1, 20)
    assert entries_of(member) == [("checkin:2026-11-20", "accrue", 20, "checkin:2026-11-20")]
    assert available(member) == 120


def test_check_in_when_done_today_then_refused_and_nothing_changed(member):
    check_in(member, FRIDAY)

    with pytest.raises(AlreadyCheckedIn) as refusal:
        check_in(member, FRIDAY)

    assert refusal.value.numbers == {"tomorrow": 25, "streak": 1}
    assert CheckIn.objects.count() == 1
    assert available(member) == 120


def test_check_in_when_nine_days_in_a_row_then_table_grows_and_stays_at_its_last_step(member):
    rows = [check_in(member, FRIDAY + n * ONE_DAY) for n in range(9)]

    assert [row.streak for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [row.points for row in rows] == [*TABLE, 50, 50]
    assert available(member) == 100 + sum(TABLE) + 100


def test_check_in_when_a_day_was_missed_then_streak_starts_again(member):
    """Trap 19: a lapsed streak must not depend on a page having reset it."""
    for n in range(3):
        check_in(member, FRIDAY + n * ONE_DAY)

    row = check_in(member, FRIDAY + 4 * ONE_DAY)

    assert (row.streak, row.points) == (1, 20)


def test_check_in_when_around_shop_midnight_then_each_side_is_its_own_day(member):
    """Trap 13: UTC is still the day before until eight in the morning."""
    with at_shop("2026-11-20T23:59:59.999"):
        before = check_in(member)
    with at_shop("2026-11-21T00:00:00"):
        after = check_in(member)
    with at_shop("2026-11-21T00:00:01"), pytest.raises(AlreadyCheckedIn):
        check_in(member)
    with at_shop("2026-11-21T23:59:59"), pytest.raises(AlreadyCheckedIn):
        check_in(member)

    assert [(before.on, before.streak), (after.on, after.streak)] == [
        (FRIDAY, 1),
        (FRIDAY + ONE_DAY, 2),
    ]
    assert available(member) == 100 + 20 + 25


def test_check_in_when_leap_day_then_streak_runs_through_it(member):
    days = [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]

    rows = [check_in(member, day) for day in days]

    assert [row.streak for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("hours_back", [2, 25])
def test_check_in_when_clock_was_set_back_then_no_second_award(member, hours_back):
    with at_shop("2026-11-20T01:00:00"):
        check_in(member)

    with at_shop("2026-11-20T01:00:00") as travelled, pytest.raises(AlreadyCheckedIn):
        travelled.shift(-timedelta(hours=hours_back))
        check_in(member)

    assert available(member) == 120


def test_check_in_when_rule_is_paused_then_streak_goes_on_without_points(member):
    check_in(member, FRIDAY)
    Rule.objects.filter(action="checkin").update(status=Rule.Status.PAUSED)

    row = check_in(member, FRIDAY + ONE_DAY)

    assert (row.streak, row.points) == (2, 0)
    assert available(member) == 120


def test_check_in_when_caller_rolls_back_then_neither_row_nor_points_remain(member):
    with pytest.raises(RuntimeError), transaction.atomic():
        check_in(member, FRIDAY)
        raise RuntimeError

    assert not CheckIn.objects.exists()
    assert available(member) == 100


def test_check_in_row_when_written_twice_then_database_refuses(member):
    CheckInFactory(user=member, on=FRIDAY)

    with pytest.raises(IntegrityError), transaction.atomic():
        CheckInFactory(user=member, on=FRIDAY)


def test_check_in_when_written_then_statement_count_is_literal(member, django_assert_num_queries):
    check_in(member, FRIDAY)

    with django_assert_num_queries(STATEMENTS_OF_A_CHECK_IN):
        check_in(member, FRIDAY + ONE_DAY)


# BEGIN and COMMIT aside: the lock with the question whether it was posted before, latest check-in,
# entry, account, the tier's count and the row. Whether a mission listens is known.
STATEMENTS_OF_A_CHECK_IN = 6


# --- standing ---------------------------------------------------------------
def test_standing_when_new_then_today_gives_the_first_reward(member):
    now = standing(member, on=FRIDAY)

    assert (now.is_checked_in, now.streak, now.points_today, now.points_tomorrow) == (
        False,
        0,
        20,
        25,
    )
    assert [day.points for day in now.strip] == TABLE
    assert [day.step for day in now.strip if day.is_today] == [1]
    assert [day.step for day in now.strip if day.is_tomorrow] == [2]
    assert not any(day.is_done for day in now.strip)


def test_standing_when_checked_in_then_tomorrow_is_next_step(member):
    check_in(member, FRIDAY)

    now = standing(member, on=FRIDAY)

    assert (now.is_checked_in, now.streak, now.points_today, now.points_tomorrow) == (
        True,
        1,
        20,
        25,
    )
    assert [day.step for day in now.strip if day.is_done] == [1]


def test_standing_when_checked_in_yesterday_then_streak_is_alive(member):
    CheckInFactory(user=member, on=FRIDAY - ONE_DAY, streak=3)

    now = standing(member, on=FRIDAY)

    assert (now.is_checked_in, now.streak, now.points_today, now.points_tomorrow) == (
        False,
        3,
        35,
        40,
    )


def test_standing_when_day_was_missed_then_streak_is_over_though_nobody_reset_it(member):
    CheckInFactory(user=member, on=FRIDAY - 2 * ONE_DAY, streak=30)

    now = standing(member, on=FRIDAY)

    assert (now.streak, now.points_today) == (0, 20)


def test_standing_when_streak_is_long_then_tomorrow_is_last_of_seven(member):
    CheckInFactory(user=member, on=FRIDAY, streak=30)

    strip = standing(member, on=FRIDAY).strip

    assert [day.step for day in strip] == [25, 26, 27, 28, 29, 30, 31]
    assert strip[-1].is_tomorrow
    assert [day.is_done for day in strip] == [True] * 6 + [False]


# --- calendar ---------------------------------------------------------------
def test_calendar_when_month_has_check_ins_then_its_days_are_marked(member, other_member):
    for n in range(2):
        check_in(member, FRIDAY + n * ONE_DAY)
    check_in(other_member, FRIDAY - ONE_DAY)

    month = calendar(member, FRIDAY, today=FRIDAY + ONE_DAY)

    days = [day for week in month.weeks for day in week]
    assert [day.on for day in days if day.check_in] == [FRIDAY, FRIDAY + ONE_DAY]
    assert [day.on for day in days if day.is_today] == [FRIDAY + ONE_DAY]
    assert (month.checked_days, month.points) == (2, 45)
    assert days[0].on.isoweekday() == 1 and len(days) % 7 == 0
    assert sum(day.is_in_month for day in days) == 30


def test_calendar_when_at_either_end_then_no_link_leads_further(member):
    member.date_joined = clock.start_of(date(2026, 10, 5))

    first, middle, last = (
        calendar(member, date(2026, m, 1), today=date(2026, 12, 5)) for m in (10, 11, 12)
    )

    assert (first.previous, first.following) == (None, date(2026, 11, 1))
    assert (middle.previous, middle.following) == (date(2026, 10, 1), date(2026, 12, 1))
    assert (last.previous, last.following) == (date(2026, 11, 1), None)


def test_calendar_when_leap_february_then_it_has_twenty_nine_days(member):
    month = calendar(member, date(2028, 2, 10), today=date(2028, 2, 29))

    assert sum(day.is_in_month for week in month.weeks for day in week) == 29


def test_check_in_when_account_is_frozen_then_streak_is_kept_without_points(member):
    ledger.freeze(member.pk, note="being looked at")

    row = check_in(member, FRIDAY)

    assert (row.streak, row.points) == (1, 0)
    assert available(member) == 100


def test_check_in_when_member_has_no_account_yet_then_one_is_opened(db):
    boss = get_user_model().objects.create_superuser(
        "boss", "boss@example.com", "a-long-test-password"
    )

    row = check_in(boss, FRIDAY)

    assert (row.points, available(boss)) == (20, 20)
