"""Which missions a member may do: newcomers' ones in their first days, steps of a chain after those
before them.
"""

from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db.models import Min

from accounts import persons
from mall.core import clock
from marketing.models import Mission, MissionProgress

NEVER = datetime.max.replace(tzinfo=UTC)


def is_in_time(mission, joined: datetime, at: datetime | None = None) -> bool:
    """Whether a mission was open at an instant (default: now) for somebody who joined at
    another.
    """
    at = at or clock.now()
    days = timedelta(days=mission.newcomer_days)
    return not _is_for_newcomers(mission) or at < joined + days


def for_newcomers(missions, user_id) -> list[Mission]:
    """Leave out newcomers' missions for somebody who was here before with another account."""
    if not any(map(_is_for_newcomers, missions)) or persons.is_first(user_id):
        return missions
    return [mission for mission in missions if not _is_for_newcomers(mission)]


def done_by(user_id, mission_ids) -> set[int]:
    """Return which of these missions a member has completed; none asked, no query."""
    if not mission_ids:
        return set()
    completed = MissionProgress.objects.filter(
        user_id=user_id, mission__in=mission_ids, completed_at__isnull=False
    )
    return set(completed.values_list("mission_id", flat=True).distinct())


def open_to(asked: list[tuple[int, datetime, list[Mission]]]) -> list[list[Mission]]:
    """Leave out of each list what its member may not do (yet) at its instant: newcomers' missions
    after their time, steps of a chain before theirs. As many statements for many as for one.
    """
    new = {user_id for user_id, _at, missions in asked if any(map(_is_for_newcomers, missions))}
    joined = dict(_members(new).values_list("pk", "date_joined")) if new else {}
    asked = [
        (user_id, at, [one for one in missions if is_in_time(one, joined.get(user_id), at)])
        for user_id, at, missions in asked
    ]
    new = {user_id for user_id, _at, missions in asked if any(map(_is_for_newcomers, missions))}
    first = persons.first_accounts(new) if new else set()
    behind = _first_completed(asked)
    return [
        [
            mission
            for mission in missions
            if (user_id in first or not _is_for_newcomers(mission))
            and (
                mission.prerequisite_id is None
                or at >= behind.get((user_id, mission.prerequisite_id), NEVER)
            )
        ]
        for user_id, at, missions in asked
    ]


def _members(user_ids):
    return get_user_model().objects.filter(pk__in=user_ids)


def _is_for_newcomers(mission) -> bool:
    return mission.kind == Mission.Kind.NEWCOMER


def _first_completed(asked) -> dict:
    """Return when members first completed what comes before these missions; none, no query."""
    before = {one.prerequisite_id for _user, _at, missions in asked for one in missions} - {None}
    if not before:
        return {}
    members = {user_id for user_id, _at, _missions in asked}
    completed = MissionProgress.objects.filter(
        user_id__in=members, mission__in=before, completed_at__isnull=False
    )
    first = completed.order_by().values_list("user_id", "mission_id")
    return {tuple(key): at for *key, at in first.annotate(Min("completed_at"))}
