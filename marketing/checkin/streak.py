"""The daily check-in: one row a shop day, a streak, and what tomorrow brings.

The streak is yesterday's plus one, or one: it lives in the rows and nothing ever has to reset it.
Days of an outage (outages.py) and shields (shields.py) stand for days that were missed. Points come
from the rule of the action ``checkin`` whose table is indexed by the streak, and from milestones.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, connection

from mall.core import clock, kept, rows
from mall.core.transactions import transactional
from marketing.checkin import milestones, shields
from marketing.errors import AlreadyCheckedIn
from marketing.missions import counting as missions
from marketing.missions.rewards import reached
from marketing.models import CheckIn
from marketing.notices import inbox
from points import balance, conditions, ledger, rules, set_aside, statement

ACTION = "checkin"
STRIP_DAYS = 7
FLAMES = (1, 3, 7, 14, 30, 100)  # days in a row from which the flame grows
SHORTEST_STREAK_DAYS = 2  # from here on a streak is worth a reminder


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
    latest = latest_of(user)
    if latest is not None and latest.on >= on:
        raise _refusal(user, latest)
    carried, shielded = shields.carry(user.pk, latest, on)
    now = clock.now()
    row = rows.fresh(
        CheckIn,
        user_id=user.pk,
        on=on,
        kind=CheckIn.Kind.CHECKED,
        streak=carried + 1,
        created_at=now,
    )
    if shielded:
        shields.spend(user.pk, shielded, carried, at=now)
    _award(row, key, carried)
    rows.insert_read_back([row], by="on")
    row.shielded = shielded
    moved = missions.note(user.pk, ACTION, key=key, on=on, at=now)
    row.missions = reached(moved, now)
    if row.streak > SHORTEST_STREAK_DAYS:
        inbox.mark_read(user, key=reminder_key(on))  # the worry is over
    row.available = balance.of_account(account.row).available
    return row


def _award(row, key, carried):
    """Award a day and the milestones its streak reaches, in one go."""
    day = rules.Award(
        row.user_id,
        ACTION,
        key,
        row.created_at,
        on=row.on,
        step=row.streak,
        reference=key,
        is_told=False,
    )
    more = milestones.awards_of(
        row.user_id, row.on, was=carried, now=row.streak, on=row.on, reference=key
    )
    entry, *bonuses = rules.award_all([day, *more])
    row.points = entry.worth if entry else 0
    row.set_aside = 0 if entry else set_aside.points_of(row.user_id, key)
    row.milestones = milestones.paid(bonuses)


def settle(user_id: int) -> None:
    """Put the points of check-ins that were set aside and credited since onto their rows; harmless
    when repeated.
    """
    unpaid = CheckIn.objects.filter(user=user_id, points=0, kind=CheckIn.Kind.CHECKED)
    rows = {f"checkin:{row.on}": row for row in unpaid}
    for entry in statement.entries_of(user_id).filter(key__in=rows):
        CheckIn.objects.filter(pk=rows[entry.key].pk).update(points=entry.worth)


def latest_of(user):
    """Return a member's youngest day that has a row, or None."""
    tail = f"WHERE user_id = %s ORDER BY {rows.quoted('on')} DESC LIMIT 1"
    return next(
        iter(rows.look(CheckIn, ("on", "streak", "points", "created_at"), tail, [user.pk])), None
    )


def _refusal(user, latest):
    return AlreadyCheckedIn(tomorrow=rewards(user)(latest.streak + 1), streak=latest.streak)


def reminder_key(on) -> str:
    """Return the key of the notice that a streak ends on a shop day."""
    return f"streak:{on}"


def rewards(user=None):
    """Return what each step of a streak gives a member (or somebody of whom nothing is known) at
    present, as a function of the step; what is to be known is read once for all steps.
    """
    offer = rules.offer(ACTION, user and user.pk)
    return lambda step: offer(step=step)


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
    """Where a member stands today: the streak as it is alive, and what today and tomorrow give.

    ``saved`` are missed days that shields will cover with today's check-in, ``milestone`` is the
    next big reward.
    """

    on: date
    is_checked_in: bool
    streak: int
    points_today: int
    points_tomorrow: int
    strip: tuple
    saved: tuple = ()
    milestone: milestones.Milestone | None = None

    @property
    def flame(self) -> int:
        """Return how high the flame of the streak burns, from 0 to 6."""
        return bisect_right(FLAMES, self.streak)


def standing(user, *, on=None, latest=None) -> Standing:
    """Return a member's streak and rewards as of a shop day (today unless named); ``latest`` is
    their youngest row, where it is known.
    """
    on = on or clock.today()
    latest = latest or latest_of(user)
    is_checked_in = latest is not None and latest.on >= on
    streak, saved = (latest.streak, []) if is_checked_in else shields.carry(user.pk, latest, on)
    step_today = streak if is_checked_in else streak + 1
    reward = rewards(user)
    return Standing(
        on=on,
        is_checked_in=is_checked_in,
        streak=streak,
        points_today=latest.points if is_checked_in else reward(step_today),
        points_tomorrow=reward(step_today + 1),
        strip=_strip(step_today, is_checked_in, reward),
        saved=tuple(saved),
        milestone=milestones.ahead(user.pk, streak),
    )


def days_to(points: int, *, user=None, most: int, on=None) -> int | None:
    """Return how many check-ins, one a day, earn so many points from where the member's streak is
    today on (a visitor's begins); None when they earn nothing now or it takes more than ``most``.
    """
    on = on or clock.today()
    latest = latest_of(user) if user is not None else None
    is_checked_in = latest is not None and latest.on >= on
    step = latest.streak if is_checked_in else shields.carry(user.pk, latest, on)[0]
    reward = rewards(user)
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
