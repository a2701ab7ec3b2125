"""The daily check-in: one row a shop day, a streak, and what tomorrow brings.

The streak is yesterday's plus one, or one: it lives in the rows and nothing ever has to reset it.
Days of an outage (outages.py) and shields (shields.py) stand for days that were missed. Points come
from the rule of the action ``checkin`` whose table is indexed by the streak, and from milestones.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db import IntegrityError, connection

from mall.core import clock, kept, lane, rows
from mall.core.transactions import transactional
from marketing.checkin import milestones, shields
from marketing.errors import AlreadyCheckedIn
from marketing.missions import counting as missions
from marketing.missions.rewards import reached
from marketing.models import CheckIn
from marketing.notices import inbox
from points import balance, conditions, ledger, rules, set_aside, statement

ACTION = "checkin"
LATEST = ("user_id", "on", "streak", "points", "created_at")
STRIP_DAYS = 7
FLAMES = (1, 3, 7, 14, 30, 100)  # days in a row from which the flame grows
SHORTEST_STREAK_DAYS = 2  # from here on a streak is worth a reminder


def check_in(user, on=None) -> CheckIn:
    """Check a member in on a shop day (today unless named) and award the day's points.

    Row and ledger entry appear together, once per member and day: the entry under the key
    ``checkin:<day>``, the row under its unique (user, on). A member who may not earn just now
    keeps the streak with 0 points; what the day is worth is set aside (``set_aside`` on the row).
    Members who check in at the same moment are written together (mall/core/lane.py).

    Raises: AlreadyCheckedIn with what tomorrow gives, also when a clock was set back to a day
    before the latest check-in.
    """
    on = on or clock.today()
    alone = partial(_alone, user.pk, on)
    if lane.is_open():
        together = partial(_check_in_all, on)
        row = lane.serve(("check-in", on), user.pk, user.pk, alone=alone, together=together)
    else:
        row = alone()
    row.missions = reached(row.moved, row.created_at)  # in the language of who asks
    return row


def _alone(user_id, on):
    try:
        return _check_in(user_id, on)
    except IntegrityError:
        # Second line behind the account lock: the unique key refused a row somebody just wrote. The
        # transaction is rolled back by now (unless it is the caller's), and trying again sees that
        # row.
        if connection.in_atomic_block:
            raise
        return _check_in(user_id, on)


@transactional
def _check_in(user_id, on):
    kept.version()  # what is asked of the cache is asked before anything is locked
    # Two taps may arrive at once: the account is the member's one mutex, and the second tap must
    # see the first one's row before it asks for points.
    keys = [ledger.Posting(user_id, None, key=_key(on))]
    ledger.open(user_id, seen=conditions.tier_row(user_id), postings=keys)
    latest = latest_of(user_id)
    if latest is not None and latest.on >= on:
        raise _refusal(user_id, latest)
    return _write([user_id], {user_id: latest}, on)[0]


@transactional(tries=1)  # what a group cannot do at once each tries alone
def _check_in_all(on, user_ids) -> list[CheckIn | None]:
    """Check some members in on a day, in about as few statements as one; None for whoever goes
    alone: their account is held by somebody else, or they are to be refused.
    """
    kept.version()
    free = ledger.open_free(user_ids)
    latest = _latest_of_all(free)
    new = [one for one in user_ids if one in free and (one not in latest or latest[one].on < on)]
    written = dict(zip(new, _write(new, latest, on), strict=True)) if new else {}
    return [written.get(user_id) for user_id in user_ids]


def _write(user_ids, latest, on) -> list[CheckIn]:
    """Check members in whose accounts are open and who are not yet; ``latest`` are their youngest
    rows.
    """
    now, before = clock.now(), []
    for user_id in user_ids:
        carried, shielded = shields.carry(user_id, latest.get(user_id), on)
        before.append((user_id, carried, shielded))
        if shielded:
            shields.spend(user_id, shielded, carried, at=now)
    made = [_row(*one, on, now) for one in before]
    _award(made, [carried for _user, carried, _shielded in before])
    rows.insert_read_back(made, by="user_id")
    fact = missions.Fact(ACTION, _key(on))
    moved = missions.note_moments([missions.Moment(one, [fact], now, on) for one in user_ids])
    inbox.mark_read_of(
        [row.user_id for row in made if row.streak > SHORTEST_STREAK_DAYS], reminder_key(on)
    )  # the worry is over
    accounts = ledger.open_all(user_ids)
    for row in made:
        row.moved = [one for one in moved if one.user_id == row.user_id]
        row.available = balance.of_account(accounts[row.user_id].row).available
    return made


def _row(user_id, carried, shielded, on, at) -> CheckIn:
    kind, streak = CheckIn.Kind.CHECKED, carried + 1
    row = rows.fresh(CheckIn, user_id=user_id, on=on, kind=kind, streak=streak, created_at=at)
    row.shielded = shielded
    return row


def _award(made, carried):
    """Award days, and the milestones that their streaks reach, in one go."""
    days = [_award_of(row) for row in made]
    more = [
        award
        for row, was in zip(made, carried, strict=True)
        for award in milestones.awards_of(
            row.user_id, row.on, was=was, now=row.streak, on=row.on, reference=_key(row.on)
        )
    ]
    entries = rules.award_all(days + more)
    bonuses = list(zip(more, entries[len(days) :], strict=True))
    for row, entry in zip(made, entries, strict=False):
        row.points = entry.worth if entry else 0
        row.set_aside = 0 if entry else set_aside.points_of(row.user_id, _key(row.on))
        own = [bonus for award, bonus in bonuses if award.user_id == row.user_id]
        row.milestones = milestones.paid(own)


def _award_of(row) -> rules.Award:
    key = _key(row.on)
    words = {"on": row.on, "step": row.streak, "reference": key, "is_told": False}
    return rules.Award(row.user_id, ACTION, key, row.created_at, **words)


def _key(on) -> str:
    """Return the key of a day's ledger entry and fact."""
    return f"checkin:{on}"


def settle(user_id: int) -> None:
    """Put the points of check-ins that were set aside and credited since onto their rows; harmless
    when repeated.
    """
    unpaid = CheckIn.objects.filter(user=user_id, points=0, kind=CheckIn.Kind.CHECKED)
    by_key = {_key(row.on): row for row in unpaid}
    for entry in statement.entries_of(user_id).filter(key__in=by_key):
        CheckIn.objects.filter(pk=by_key[entry.key].pk).update(points=entry.worth)


def latest_of(user_id: int):
    """Return a member's youngest day that has a row, or None."""
    tail = f"WHERE user_id = %s ORDER BY {rows.quoted('on')} DESC LIMIT 1"
    return next(iter(rows.look(CheckIn, LATEST, tail, [user_id])), None)


def _latest_of_all(user_ids) -> dict:
    """Return the youngest days of some members, by member."""
    if not user_ids:
        return {}
    on, some = rows.quoted("on"), f"user_id IN ({rows.marks(user_ids)})"
    last = f"SELECT user_id, MAX({on}) FROM {rows.table(CheckIn)} WHERE {some} GROUP BY user_id"
    found = rows.look(CheckIn, LATEST, f"WHERE (user_id, {on}) IN ({last})", [*user_ids])
    return {row.user_id: row for row in found}


def _refusal(user_id, latest):
    return AlreadyCheckedIn(tomorrow=rewards(user_id)(latest.streak + 1), streak=latest.streak)


def reminder_key(on) -> str:
    """Return the key of the notice that a streak ends on a shop day."""
    return f"streak:{on}"


def rewards(user_id: int | None = None, *, tier=None):
    """Return what each step of a streak gives a member (or somebody of whom nothing is known) at
    present, as a function of the step; what is to be known is read once for all steps.
    """
    offer = rules.offer(ACTION, user_id, tier=tier)
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


def standing(user, *, on=None, latest=None, tier=None) -> Standing:
    """Return a member's streak and rewards as of a shop day (today unless named); ``latest`` and
    ``tier`` are their youngest row and their tier's, where these are known.
    """
    on = on or clock.today()
    latest = latest or latest_of(user.pk)
    is_checked_in = latest is not None and latest.on >= on
    streak, saved = (latest.streak, []) if is_checked_in else shields.carry(user.pk, latest, on)
    step_today = streak if is_checked_in else streak + 1
    reward = rewards(user.pk, tier=tier)
    return Standing(
        on=on,
        is_checked_in=is_checked_in,
        streak=streak,
        points_today=latest.points if is_checked_in else reward(step_today),
        points_tomorrow=reward(step_today + 1),
        strip=_strip(step_today, is_checked_in, reward),
        saved=tuple(saved),
        milestone=milestones.ahead(user.pk, streak, tier=tier),
    )


def days_to(points: int, *, user=None, most: int, on=None) -> int | None:
    """Return how many check-ins, one a day, earn so many points from where the member's streak is
    today on (a visitor's begins); None when they earn nothing now or it takes more than ``most``.
    """
    on = on or clock.today()
    latest = latest_of(user.pk) if user is not None else None
    is_checked_in = latest is not None and latest.on >= on
    step = latest.streak if is_checked_in else shields.carry(user.pk, latest, on)[0]
    reward = rewards(user and user.pk)
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
