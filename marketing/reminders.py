"""A word in time: members about to lose a streak find a notice in their inbox."""

from django.db.models import Exists, OuterRef
from django.urls import reverse

from mall import clock
from marketing import checkin
from marketing.models import CheckIn, Notification
from marketing.notifications import Kind, notify_many

BATCH = 500


def remind_streaks(*, on=None) -> int:
    """Tell every member whose streak ends tonight; returns how many notices are new.

    Once a member and shop day, under the key ``streak:<day>``: run twice, nobody is told twice.
    Who checked in today, is no longer active, or has a streak of one day only, is left in peace.
    """
    on = on or clock.today()
    reward = checkin.rewards()
    told, after = 0, 0
    while batch := list(_at_risk(on).filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = batch[-1].pk
        notify_many([_reminder(row, on, reward(row.streak + 1)) for row in batch])
        told += len(batch)
    return told


def _at_risk(on):
    """Yesterday's check-ins of a worthwhile streak, without one today and without today's reminder."""
    today = CheckIn.objects.filter(user_id=OuterRef("user_id"), on=on)
    reminded = Notification.objects.filter(user_id=OuterRef("user_id"), key=checkin.reminder_key(on))
    rows = CheckIn.objects.filter(on=on - checkin.ONE_DAY, streak__gte=checkin.SHORTEST_STREAK_DAYS, user__is_active=True)
    return rows.filter(~Exists(today), ~Exists(reminded))


def _reminder(row, on, points):
    return Notification(
        user_id=row.user_id,
        kind=Kind.STREAK_AT_RISK,
        key=checkin.reminder_key(on),
        url=reverse("marketing:checkin"),
        params={"streak": row.streak, "points": points},
    )
