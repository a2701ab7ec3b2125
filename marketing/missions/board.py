"""The board of missions as one member sees it: what is open, how far it is, what waits, what comes
after what.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core import rows as row_sql
from mall.core.kept import kept
from marketing.missions import eligibility, progress
from marketing.models import Mission, MissionProgress
from points.rule_wording import PLACES

OPEN, LOCKED, CLAIMABLE, DONE = "open", "locked", "claimable", "done"
NEWCOMER, TODAY, WEEK, MORE = "newcomer", "today", "week", "more"
GROUP_OF = {
    Mission.Kind.NEWCOMER: NEWCOMER,
    Mission.Kind.DAILY: TODAY,
    Mission.Kind.WEEKLY: WEEK,
    Mission.Kind.ONCE: MORE,
    Mission.Kind.CHAIN: MORE,
}
TITLES = {NEWCOMER: _("For newcomers"), TODAY: _("Today"), WEEK: _("This week"), MORE: _("More")}
URGENCY = {CLAIMABLE: 0, OPEN: 1, LOCKED: 2, DONE: 3}
# What a rule pays for is done where the rule's page says.
WHERE = {
    Mission.Event.PROFILE: PLACES["profile"],
    Mission.Event.CHECKIN: PLACES["checkin"],
    Mission.Event.ORDER_PAID: PLACES["purchase"],
    Mission.Event.ORDER_COMPLETED: "/orders/",
    Mission.Event.REDEEM: PLACES["purchase"],
    Mission.Event.SPEND_CASH: PLACES["purchase"],
    Mission.Event.REVIEW: PLACES["review"],
    Mission.Event.SHARE: PLACES["share"],
}
PROGRESS = ("mission_id", "period", "count", "target", "points", "completed_at", "rewarded_at")
NEXT_FIRST = {TODAY: 0, NEWCOMER: 1, WEEK: 2, MORE: 3}


def names() -> dict[str, str]:
    """Return what each mission's reward is called in a statement, by its reference."""
    said = _("Mission: %(title)s")
    return {f"mission:{one.code}": said % {"title": one.title} for one in _missions().values()}


@dataclass(frozen=True)
class Item:
    """One mission with this member's progress in its period. ``points`` is what it gives, or
    gave.
    """

    mission: Mission
    state: str
    count: int
    target: int
    points: int
    period: str
    ends_at: datetime | None
    after: str

    @property
    def code(self) -> str:
        return self.mission.code

    @property
    def group(self) -> str:
        return GROUP_OF[self.mission.kind]

    @property
    def link(self) -> str:
        """The page where one does it."""
        return self.mission.link or WHERE.get(self.mission.event, "")

    @property
    def is_open(self) -> bool:
        return self.state == OPEN

    @property
    def is_locked(self) -> bool:
        return self.state == LOCKED

    @property
    def is_claimable(self) -> bool:
        return self.state == CLAIMABLE

    @property
    def is_done(self) -> bool:
        return self.state == DONE

    @property
    def is_from_earlier(self) -> bool:
        """Whether its period is over and only the reward still waits."""
        return self.ends_at is not None and self.ends_at <= clock.now()

    @property
    def last_on(self) -> date:
        """The last shop day on which one that ends could be done: it ends as the next begins."""
        return clock.day_of(self.ends_at - timedelta(microseconds=1))


def of(user, *, on: date | None = None) -> list[Item]:
    """Return a member's board for a shop day (default: today), in the shop's order; rewards that
    wait are never left out.
    """
    on = on or clock.today()
    all_missions = _missions()
    rows = {}
    for row in _current(user.pk, progress.periods_at(on)):
        rows.setdefault(row.mission_id, []).append(row)
    open_ones = [
        mission
        for mission in all_missions.values()
        if mission.is_open() and eligibility.is_in_time(mission, user.date_joined)
    ]
    offered = {mission.pk for mission in eligibility.for_newcomers(open_ones, user.pk)}
    behind = eligibility.done_by(
        user.pk, {mission.prerequisite_id for mission in all_missions.values()} - {None}
    )
    items = [
        item
        for mission in all_missions.values()
        for item in _items(mission, rows.get(mission.pk, []), user, behind, offered, on)
    ]
    return sorted(
        items, key=lambda item: (URGENCY[item.state], item.mission.position, item.mission.pk)
    )


@kept
def _missions() -> dict[int, Mission]:
    """Return all that were ever switched on by id, each with what it comes after."""
    found = Mission.objects.exclude(status=Mission.Status.DRAFT).select_related("prerequisite")
    return {mission.pk: mission for mission in found}


def _current(user_id, periods) -> list[MissionProgress]:
    """Return a member's rows of these periods and of rewards that wait, the oldest first."""
    waits = "completed_at IS NOT NULL AND rewarded_at IS NULL"
    tail = f"WHERE user_id = %s AND (period IN ({row_sql.marks(periods)}) OR {waits}) ORDER BY id"
    return row_sql.look(MissionProgress, PROGRESS, tail, [user_id, *periods])


def _items(mission, rows, user, behind, offered, on):
    period = progress.period_of(mission.kind, on)
    now_row = next((row for row in rows if row.period == period), None)
    yield from (_item(mission, row, CLAIMABLE) for row in rows if row is not now_row)
    is_waiting = (
        now_row is not None and now_row.completed_at is not None and now_row.rewarded_at is None
    )
    if not is_waiting and mission.pk not in offered:
        return
    row = now_row or MissionProgress(
        mission=mission, user=user, period=period, target=mission.target, points=mission.points
    )
    if is_waiting:
        state = CLAIMABLE
    elif row.rewarded_at is not None:
        state = DONE
    elif mission.prerequisite_id is not None and mission.prerequisite_id not in behind:
        state = LOCKED
    else:
        state = OPEN
    yield _item(mission, row, state)


def _item(mission, row, state):
    after = str(mission.prerequisite) if mission.prerequisite_id is not None else ""
    return Item(
        mission,
        state,
        row.count,
        row.target,
        row.points,
        row.period,
        _end_of(mission, row.period),
        after,
    )


def _end_of(mission, period) -> datetime | None:
    """Return when a period ends: at midnight, on Sunday night, with the mission, or never."""
    ends = [mission.ends_at] if mission.ends_at else []
    if mission.kind == Mission.Kind.DAILY:
        ends.append(clock.end_of(date.fromisoformat(period)))
    if mission.kind == Mission.Kind.WEEKLY:
        year, week = period.split("-W")
        ends.append(clock.end_of(date.fromisocalendar(int(year), int(week), 1) + timedelta(days=6)))
    return min(ends, default=None)


def grouped(items: list[Item]) -> list[dict]:
    """Return the board's groups in order, each with its title and items; empty ones are left
    out.
    """
    groups = [
        {"name": name, "title": title, "items": [item for item in items if item.group == name]}
        for name, title in TITLES.items()
    ]
    return [group for group in groups if group["items"]]


def next_of(items: list[Item]) -> Item | None:
    """Return what a member would best do next: collect, then today's, then the others; None when
    nothing is left.
    """
    left = [item for item in items if item.state in (CLAIMABLE, OPEN)]
    return min(
        left,
        key=lambda item: (URGENCY[item.state], NEXT_FIRST[item.group], item.mission.position),
        default=None,
    )
