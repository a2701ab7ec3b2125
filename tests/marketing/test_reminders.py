"""The evening's reminder: who is about to lose a streak hears of it, once."""

from datetime import date, timedelta

import pytest

from marketing import reminders
from marketing.checkin import check_in
from marketing.models import Notification
from marketing.notifications import inbox
from tests.factories.marketing import CheckInFactory

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 20)
THURSDAY = FRIDAY - timedelta(days=1)


def test_remind_streaks_when_run_twice_then_told_once_with_what_today_gives(member):
    CheckInFactory(user=member, on=THURSDAY, streak=4)

    assert reminders.remind_streaks(on=FRIDAY) == 1
    assert reminders.remind_streaks(on=FRIDAY) == 0

    row = inbox(member).get()
    assert (row.kind, row.key, row.params, row.url) == ("streak_at_risk", "streak:2026-11-20", {"streak": 4, "points": 40}, "/checkin/")


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


def test_remind_streaks_when_more_than_a_batch_then_everybody_is_told(member, other_member, monkeypatch):
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
