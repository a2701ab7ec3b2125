"""How far a member is with a mission in a period: a matter of its facts, in the order in which they
happened and not in which they were heard.

A fact that comes in order moves its rows at once; one that comes after a younger one, or goes back,
has them drawn anew. Both leave the same. Called under the member's lock.
"""

from datetime import date, datetime, timedelta

from django.contrib.auth import get_user_model

from accounts import persons
from mall.core import clock
from marketing.missions import rewards
from marketing.models import Mission, MissionFact, MissionProgress

ONCE = "once"


# --- who may do what, and when -------------------------------------------------------
def period_of(kind: str, on: date) -> str:
    """Return the period a shop day belongs to: the day, its ISO week, or once and for all."""
    if kind == Mission.Kind.DAILY:
        return on.isoformat()
    if kind == Mission.Kind.WEEKLY:
        year, week, _day = on.isocalendar()
        return f"{year}-W{week:02}"
    return ONCE


def periods_at(on: date) -> set[str]:
    """Return every period a shop day belongs to."""
    return {period_of(kind, on) for kind in Mission.Kind.values}


def is_in_time(mission, joined: datetime, at: datetime | None = None) -> bool:
    """Whether a mission was open at an instant (default: now) for somebody who joined at
    another.
    """
    at = at or clock.now()
    return mission.kind != Mission.Kind.NEWCOMER or at < joined + timedelta(
        days=mission.newcomer_days
    )


def for_newcomers(missions, user_id) -> list[Mission]:
    """Leave out newcomers' missions for somebody who was here before with another account."""
    if all(mission.kind != Mission.Kind.NEWCOMER for mission in missions) or persons.is_first(
        user_id
    ):
        return missions
    return [mission for mission in missions if mission.kind != Mission.Kind.NEWCOMER]


def done_by(user_id, mission_ids, at: datetime | None = None) -> set[int]:
    """Return which of these missions a member had completed by an instant (default: now); none
    asked, no query.
    """
    if not mission_ids:
        return set()
    completed = MissionProgress.objects.filter(
        user_id=user_id, mission__in=mission_ids, completed_at__lte=at or clock.now()
    )
    return set(completed.values_list("mission_id", flat=True).distinct())


def open_to(user_id, missions, at: datetime) -> list[Mission]:
    """Leave out what this member may not do (yet): newcomers' missions after their time, steps of a
    chain before theirs.
    """
    if any(mission.kind == Mission.Kind.NEWCOMER for mission in missions):
        joined = get_user_model().objects.values_list("date_joined", flat=True).get(pk=user_id)
        missions = for_newcomers(
            [mission for mission in missions if is_in_time(mission, joined, at)], user_id
        )
    behind = done_by(user_id, {mission.prerequisite_id for mission in missions} - {None}, at)
    return [
        mission
        for mission in missions
        if mission.prerequisite_id is None or mission.prerequisite_id in behind
    ]


# --- rows ----------------------------------------------------------------------------
def rows_of(user_id, missions, on: date, at: datetime) -> dict[int, MissionProgress]:
    """Return each mission's row of the day's period; a new one takes the mission's numbers of then
    and keeps them.
    """
    rows = MissionProgress.objects.filter(
        user_id=user_id, mission__in=missions, period__in=periods_at(on)
    )
    found = {(row.mission_id, row.period): row for row in rows}
    wanted = {}
    for mission in missions:
        period = period_of(mission.kind, on)
        row = found.get((mission.pk, period)) or MissionProgress(
            user_id=user_id,
            period=period,
            target=mission.target,
            points=mission.points,
            started_at=at,
        )
        row.mission = mission
        wanted[mission.pk] = row
    return wanted


def is_late(row, at: datetime) -> bool:
    """Whether a younger fact has moved a row already."""
    return row.moved_at is not None and at < row.moved_at


def move(row, amount: int, at: datetime) -> int:
    """Add the youngest fact to a row and pay it when that completes it; returns by how much it
    moved, 0 when it was complete.
    """
    step = min(amount, row.target - row.count)
    if row.completed_at is not None or step <= 0:
        return 0
    row.count, row.moved_at = row.count + step, at
    if row.count == row.target:
        row.completed_at = at
        rewards.complete(row)
    row.save()
    return step


def draw_anew(row) -> None:
    """Bring a row in line with its facts: how far it is, when it was completed, what it pays.

    What another fact, that came when the mission was full, can stand for stays. Else a reward given
    for what is gone is clawed back, its coupon too while nobody used it; both may be earned anew.
    """
    facts = [
        fact
        for fact in MissionFact.objects.filter(user_id=row.user_id, event=row.mission.event)
        if any(pk == row.pk for pk, _step in fact.moved)
    ]
    facts.sort(key=_when)
    if facts and _when(facts[0])[0] < row.started_at:
        _begin_earlier(row, _when(facts[0])[0])
    was_completed, completed_at = row.completed_at, None
    row.count = 0
    for fact in facts:
        step = min(fact.amount, row.target - row.count)
        row.count += step
        if step and row.count == row.target:
            completed_at = _when(fact)[0]
        _note_step(fact, row, step)
    if completed_at is None and (was_completed or row.paid):
        rewards.take_back(row)
    row.completed_at, row.moved_at = completed_at, _when(facts[-1])[0] if facts else None
    if completed_at is not None and was_completed is None:
        rewards.complete(row)
    row.save()


def _when(fact):
    return fact.at or clock.start_of(fact.on), fact.pk


def _begin_earlier(row, at):
    """Take the mission's numbers of an earlier beginning; what was given under others is given
    anew.
    """
    then = row.mission.as_of(at)
    if (then.target, then.points) != (row.target, row.points):
        if row.completed_at is not None:
            rewards.take_back(row)
        row.target, row.points = then.target, then.points
    row.started_at = at


def _note_step(fact, row, step):
    moved = [[pk, step if pk == row.pk else other] for pk, other in fact.moved]
    if moved != fact.moved:
        fact.moved = moved
        fact.save(update_fields=["moved"])


# --- chains --------------------------------------------------------------------------
def catch_up(row) -> None:
    """Let facts count for the next step of a chain that were heard before this row was completed,
    and happened after it.
    """
    followers = list(Mission.objects.filter(prerequisite=row.mission_id).order_by("pk"))
    later = MissionFact.objects.filter(
        user_id=row.user_id,
        event__in={mission.event for mission in followers},
        at__gt=row.completed_at,
    )
    for fact in later.order_by("at", "pk"):
        known = {pk for pk, _step in fact.moved}
        heard = [mission.as_of(fact.at) for mission in followers if mission.event == fact.event]
        heard = [mission for mission in heard if mission.is_open(fact.at)]
        opened = open_to(row.user_id, heard, fact.at)
        for late in rows_of(row.user_id, opened, fact.on, fact.at).values():
            if late.pk is None:
                late.save()
            if late.pk not in known:
                fact.moved = [*fact.moved, [late.pk, 0]]
                fact.save(update_fields=["moved"])
                draw_anew(late)
                if late.completed_at is not None:
                    catch_up(late)
