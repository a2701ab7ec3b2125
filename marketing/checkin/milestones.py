"""Bonuses for long streaks: days in a row that earn once more, when a run reaches them.

What they are worth is the rule of the action ``checkin_milestone``, a table of days and points an
operator edits. A run reaches a milestone by the act that makes it so long; so it is paid once a
run, by the rule in force then, and neither a changed rule nor a day excused afterwards pays
backwards.
"""

from dataclasses import dataclass
from datetime import date

from mall.core import clock
from points import rules
from points.models import LedgerEntry, RuleVersion

ACTION = "checkin_milestone"


@dataclass(frozen=True)
class Milestone:
    """Days in a row and the points they earn; ``missing`` is how many days are left to it."""

    days: int
    points: int
    missing: int = 0


def ahead(user_id: int, streak: int) -> Milestone | None:
    """Return the next milestone of a member's streak of so many days; None when all are behind."""
    offer = rules.offer(ACTION, user_id)
    for days in sorted(_days(rules.in_force(actions=[ACTION]))):
        points = offer(step=days) if days > streak else 0
        if points:
            return Milestone(days, points, missing=days - streak)
    return None


def awards_of(
    user_id: int, end: date, *, was: int, now: int, on: date, reference: str
) -> list[rules.Award]:
    """Return the awards for the milestones that a run reaches whose last day is ``end``, by an act
    of the shop day ``on``, which made it ``now`` days long; the longest part of it was ``was``
    before. Each has the key ``milestone:<days>:<end>``.
    """
    # Hardly any check-in reaches one: whether any version names the number costs nothing.
    if not any(was < days <= now for days in _days(_versions())):
        return []
    at, named = clock.now(), _days(rules.in_force(actions=[ACTION]))
    return [
        rules.Award(
            user_id,
            ACTION,
            key=_key(days, end),
            at=at,
            on=on,
            step=days,
            reference=reference,
            is_told=False,
        )
        for days in sorted(named)
        if was < days <= now
    ]


def paid(entries) -> list[Milestone]:
    """Return the milestones that entries of ``awards_of`` paid; what was refused is none."""
    return [Milestone(one.alloc["step"], one.worth) for one in entries if one is not None]


def paid_on(user_id: int, end: date) -> list[Milestone]:
    """Return the milestones that were paid for a run that then ended on a day."""
    keys = {_key(days, end) for days in _days(_versions())}
    entries = LedgerEntry.objects.filter(account_id=user_id, key__in=keys)
    return paid(entries.order_by("pk"))


def _key(days, end):
    return f"milestone:{days}:{end}"


def _versions() -> list[RuleVersion]:
    return [version for version in rules.versions() if version.rule.action == ACTION]


def _days(versions) -> set[int]:
    """Return the days that versions of rules by certain steps name."""
    is_steps = RuleVersion.Value.STEPS
    return {step for one in versions if one.value == is_steps for step, _points in one.table}
