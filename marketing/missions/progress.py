"""How far a member is with a mission in a period: a matter of its facts, in the order in which they
happened and not in which they were heard.

A fact that comes in order moves its rows at once; one that comes after a younger one, or goes back,
has them drawn anew. Both leave the same.
"""

from collections import defaultdict
from datetime import date, datetime

from mall.core import clock, rows, upserts
from marketing.missions import eligibility, rewards
from marketing.models import Mission, MissionFact, MissionProgress

ONCE = "once"


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


# --- rows ----------------------------------------------------------------------------
class Rows:
    """The rows that some moments move (marketing/missions/counting.py), in the order in which these
    happened: moved in memory, then saved together with the facts.

    ``heard`` are moments with the missions they move; a new row takes the mission's numbers of its
    first moment and keeps them. ``late`` are rows that a younger fact has moved already.
    """

    def __init__(self, heard):
        self.moved, self.late, self.completed = [], [], []
        self._facts, self._stepped = [], []
        self._found = _load(
            {
                (one.user_id, mission.pk, period_of(mission.kind, one.on))
                for one, missions in heard
                for mission in missions
            }
        )

    def move(self, moment, missions) -> None:
        """Let the facts of a moment count for missions as they were then."""
        rows = [self.row_of(moment, mission) for mission in missions]
        late = [row for row in rows if is_late(row, moment.at)]
        for fact in moment.facts:
            steps = []
            for row in rows:
                if row.mission.event != fact.event:
                    continue
                # A fact that came too late to move anything is kept as well: it may stand in for
                # one that goes back.
                step = 0 if row in late else self._step(row, fact.amount, moment.at)
                steps.append((row, step))
                if row in late:
                    _add(self.late, row)
                if step or row in late:
                    _add(self.moved, row)
            row = MissionFact(user_id=moment.user_id, event=fact.event, key=fact.key)
            row.amount, row.on, row.at = fact.amount, moment.on, moment.at
            self._facts.append((row, steps))

    def row_of(self, moment, mission) -> MissionProgress:
        """Return a mission's row of the moment's period."""
        place = (moment.user_id, mission.pk, period_of(mission.kind, moment.on))
        row = self._found.get(place)
        if row is None:
            row = self._found[place] = MissionProgress(
                user_id=moment.user_id,
                period=place[2],
                target=mission.target,
                points=mission.points,
                started_at=moment.at,
            )
        if row not in self.completed:  # that is paid as the mission was when it was completed
            row.mission = mission
        return row

    def _step(self, row, amount, at) -> int:
        """Add the youngest fact to a row; returns by how much it moved, 0 when it was complete."""
        step = min(amount, row.target - row.count)
        if row.completed_at is not None or step <= 0:
            return 0
        row.count, row.moved_at = row.count + step, at
        if row.count == row.target:
            row.completed_at = at
            self.completed.append(row)
        _add(self._stepped, row)
        return step

    def save(self) -> None:
        """Write rows and facts."""
        known = [row for row in self._stepped if row.pk is not None]
        new = [row for row in self._stepped if row.pk is None]
        upserts.insert(new, by=("user_id", "mission_id", "period"))
        moving = ["count", "paid", "moved_at", "completed_at", "rewarded_at"]
        rows.write_over(known, *moving)
        for fact, steps in self._facts:
            fact.moved = [[row.pk, step] for row, step in steps]
        MissionFact.objects.bulk_create(fact for fact, _steps in self._facts)


def _load(places) -> dict:
    """Return the rows there are of places (member, mission, period)."""
    if not places:
        return {}
    members, missions, periods = map(set, zip(*places, strict=True))
    rows = MissionProgress.objects.filter(
        user_id__in=members, mission__in=missions, period__in=periods
    )
    return {(row.user_id, row.mission_id, row.period): row for row in rows}


def _add(rows, row) -> None:
    if row not in rows:
        rows.append(row)


def is_late(row, at: datetime) -> bool:
    """Whether a younger fact has moved a row already."""
    return row.moved_at is not None and at < row.moved_at


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
        rewards.complete([row])
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
def catch_up(rows) -> None:
    """Let facts count for the next steps of chains that were heard before these rows were
    completed, and happened after it. Who has none costs no statement of their own.
    """
    followers = defaultdict(list)
    missions = {row.mission_id for row in rows}
    for mission in Mission.objects.filter(prerequisite__in=missions).order_by("pk"):
        followers[mission.prerequisite_id].append(mission)
    later = MissionFact.objects.filter(
        user_id__in={row.user_id for row in rows},
        event__in={mission.event for some in followers.values() for mission in some},
        at__gt=min(row.completed_at for row in rows),
    )
    for fact in later.order_by("at", "pk"):
        for row in rows:
            if row.user_id == fact.user_id and fact.at > row.completed_at:
                _hear_again(fact, followers[row.mission_id])


def _hear_again(fact, followers) -> None:
    """Let a fact move those of these missions that its member could do by then."""
    known = {pk for pk, _step in fact.moved}
    heard = [mission.as_of(fact.at) for mission in followers if mission.event == fact.event]
    heard = [mission for mission in heard if mission.is_open(fact.at)]
    [opened] = eligibility.open_to([(fact.user_id, fact.at, heard)])
    rows = Rows([(fact, opened)])
    for late in [rows.row_of(fact, mission) for mission in opened]:
        if late.pk is None:
            late.save()
        if late.pk not in known:
            fact.moved = [*fact.moved, [late.pk, 0]]
            fact.save(update_fields=["moved"])
            draw_anew(late)
            if late.completed_at is not None:
                catch_up([late])
