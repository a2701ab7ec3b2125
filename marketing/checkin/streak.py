"""The daily check-in: one row a shop day, a streak, and what tomorrow brings.

The streak is yesterday's plus one, or one: it lives in the rows and nothing ever has to reset it.
Points come from the rule of the action ``checkin`` whose table is indexed by the streak.
"""

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, connection

from mall.core import clock, kept, rows
from mall.core.transactions import transactional
from marketing.errors import AlreadyCheckedIn
from marketing.missions import counting as missions
from marketing.models import CheckIn
from marketing.notices import inbox
from points import balance, conditions, ledger, rules, set_aside, statement

ACTION = "checkin"
STRIP_DAYS = 7
SHORTEST_STREAK_DAYS = 2  # from here on a streak is worth a reminder
ONE_DAY = timedelta(days=1)


def check_in(user, on=None) -> CheckIn:
    """Check a member in on a shop day (today unless named) and award the day's points.

    Row and ledger entry appear together, once per member and day: the entry under the key
    ``checkin:<day>``, the row under its unique (user, on). A member who may not earn just now
    keeps the streak with 0 points; what the day is worth is set aside (``set_aside`` on the row).

    Raises: AlreadyCheckedIn with what tomorrow gives, also when a clock was set back to a day
    before the latest check-in.
    """
    on = on or clock.today()
    try:
        return _check_in(user, on)
    except IntegrityError:
        # Second line behind the account lock: the unique key refused a row somebody just wrote. The
        # transaction is rolled back by now (unless it is the caller's), and trying again sees that
        # row.
        if connection.in_atomic_block:
            raise
        return _check_in(user, on)


@transactional
def _check_in(user, on):
    key = f"checkin:{on}"
    kept.version()  # what is asked of the cache is asked before anything is locked
    # Two taps may arrive at once: the account is the member's one mutex, and the second tap must
    # see the first one's row before it asks for points.
    keys = [ledger.Posting(user.pk, None, key=key)]
    account = ledger.open(user.pk, seen=conditions.tier_row(user.pk), postings=keys)
    latest = _latest(user)
    if latest is not None and latest.on >= on:
        raise _refusal(latest)
    streak = latest.streak + 1 if latest is not None and latest.on == on - ONE_DAY else 1
    entry = rules.award(user.pk, ACTION, key=key, on=on, step=streak, reference=key, is_told=False)
    row = rows.fresh(
        CheckIn,
        user_id=user.pk,
        on=on,
        streak=streak,
        points=entry.worth if entry else 0,
        created_at=clock.now(),
    )
    rows.insert_read_back([row], by="on")
    row.set_aside = 0 if entry else set_aside.points_of(user.pk, key)
    missions.note(user.pk, ACTION, key=key, on=on)
    if streak > SHORTEST_STREAK_DAYS:
        inbox.mark_read(user, key=reminder_key(on))  # the worry is over
    row.available = balance.of_account(account.row).available
    return row


def settle(user_id: int) -> None:
    """Put the points of check-ins that were set aside and credited since onto their rows; harmless
    when repeated.
    """
    rows = {f"checkin:{row.on}": row for row in CheckIn.objects.filter(user=user_id, points=0)}
    for entry in statement.entries_of(user_id).filter(key__in=rows):
        CheckIn.objects.filter(pk=rows[entry.key].pk).update(points=entry.worth)


def _latest(user):
    tail = f"WHERE user_id = %s ORDER BY {rows.quoted('on')} DESC LIMIT 1"
    return next(iter(rows.look(CheckIn, ("on", "streak", "points"), tail, [user.pk])), None)


def _refusal(latest):
    return AlreadyCheckedIn(
        tomorrow=rules.preview(ACTION, step=latest.streak + 1), streak=latest.streak
    )


def reminder_key(on) -> str:
    """Return the key of the notice that a streak ends on a shop day."""
    return f"streak:{on}"


def rewards():
    """Return what each step of a streak gives at present, as a function of the step; one query for
    all steps.
    """
    version = rules.active(ACTION)
    return lambda step: rules.worth(version, step=step) if version else 0


@dataclass(frozen=True)
class StripDay:
    """One of the seven days shown as a row of rewards."""

    step: int
    points: int
    is_done: bool
    is_today: bool
    is_tomorrow: bool


@dataclass(frozen=True)
class Standing:
    """Where a member stands today: the streak as it is alive, and what today and tomorrow give."""

    on: date
    is_checked_in: bool
    streak: int
    points_today: int
    points_tomorrow: int
    strip: tuple


def standing(user, *, on=None) -> Standing:
    """Return a member's streak and rewards as of a shop day (today unless named)."""
    on = on or clock.today()
    latest = _latest(user)
    is_checked_in = latest is not None and latest.on >= on
    is_alive = latest is not None and latest.on >= on - ONE_DAY
    streak = latest.streak if is_alive else 0
    step_today = streak if is_checked_in else streak + 1
    reward = rewards()
    return Standing(
        on=on,
        is_checked_in=is_checked_in,
        streak=streak,
        points_today=latest.points if is_checked_in else reward(step_today),
        points_tomorrow=reward(step_today + 1),
        strip=_strip(step_today, is_checked_in, reward),
    )


def days_to(points: int, *, user=None, most: int, on=None) -> int | None:
    """Return how many check-ins, one a day, earn so many points from where the member's streak is
    today on (a visitor's begins); None when they earn nothing now or it takes more than ``most``.
    """
    on = on or clock.today()
    latest = _latest(user) if user is not None else None
    step = latest.streak if latest is not None and latest.on >= on - ONE_DAY else 0
    reward = rewards()
    for days in range(1, most + 1):
        points -= reward(step + days)
        if points <= 0:
            return days
    return None


def _strip(step_today, is_checked_in, reward):
    """Return seven steps around today's; from the seventh day on, tomorrow's is the last of
    them.
    """
    first = max(1, step_today + 2 - STRIP_DAYS)
    return tuple(
        StripDay(
            step=step,
            points=reward(step),
            is_done=step < step_today or (step == step_today and is_checked_in),
            is_today=step == step_today,
            is_tomorrow=step == step_today + 1,
        )
        for step in range(first, first + STRIP_DAYS)
    )


@dataclass(frozen=True)
class CalendarDay:
    """One square of the month."""

    on: date
    check_in: CheckIn | None
    is_in_month: bool
    is_today: bool
    is_future: bool


@dataclass(frozen=True)
class Calendar:
    """A month of check-ins as weeks from Monday to Sunday."""

    month: date
    weeks: list
    checked_days: int
    points: int
    previous: date | None
    following: date | None


def month_of(user, month):
    """Return a member's check-ins of the month that a day lies in, oldest first."""
    first, last = _bounds(month)
    return CheckIn.objects.filter(user=user, on__range=(first, last)).order_by("on")


def calendar(user, month, *, today=None) -> Calendar:
    """Return the month that a day lies in as a grid; months before the member came or after today's
    have no link.
    """
    today = today or clock.today()
    first, last = _bounds(month)
    checked = list(month_of(user, month))
    by_day = {row.on: row for row in checked}
    weeks = [
        [
            CalendarDay(
                on=day,
                check_in=by_day.get(day),
                is_in_month=first <= day <= last,
                is_today=day == today,
                is_future=day > today,
            )
            for day in week
        ]
        for week in months.Calendar(months.MONDAY).monthdatescalendar(first.year, first.month)
    ]
    return Calendar(
        month=first,
        weeks=weeks,
        checked_days=len(checked),
        points=sum(row.points for row in checked),
        previous=(first - ONE_DAY).replace(day=1)
        if first > clock.day_of(user.date_joined)
        else None,
        following=last + ONE_DAY if last < today else None,
    )


def _bounds(month):
    first = month.replace(day=1)
    return first, first.replace(day=months.monthrange(first.year, first.month)[1])
