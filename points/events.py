"""The facts points tells the rooms above it, inside the transaction that makes them true."""

from typing import TYPE_CHECKING

from mall.core import clock
from mall.core.events import Event
from points.models import Adjustment, LedgerEntry, MemberTier, RiskCase

if TYPE_CHECKING:  # it stands above the tiers, which tell of a rise
    from points.set_aside import Decided

POINTS_AWARDED = "points_awarded"
POINTS_ADJUSTED = "points_adjusted"
CASE_OPENED = "case_opened"
CASE_DECIDED = "case_decided"
TIER_RISEN = "tier_risen"


def points_awarded(action: str, entry: LedgerEntry) -> Event:
    """Points arrived for something the member did; once per fact, never for a repeat.

    ``points``: what came in after debts were repaid. ``described``: the entry has words of its own.
    """
    data = {
        "action": action,
        "entry": entry.pk,
        "points": entry.worth,
        "described": bool(entry.description),
    }
    return Event(POINTS_AWARDED, entry.account_id, entry.reference, clock.now(), entry.actor, data)


def points_adjusted(adjustment: Adjustment, *, actor: str) -> Event:
    """An operator's correction was posted, or undone: then ``points`` are the other way round."""
    undone = adjustment.undo_seq is not None
    data = {
        "adjustment": adjustment.pk,
        "points": -adjustment.points if undone else adjustment.points,
        "undone": undone,
    }
    reference = f"adjustment:{adjustment.pk}"
    return Event(POINTS_ADJUSTED, adjustment.account_id, reference, clock.now(), actor, data)


def tier_risen(row: MemberTier, before: int) -> Event:
    """A member reached a higher tier than the one they had; once per tier and day."""
    reference = f"tier:{row.level}:{row.since}"
    data = {"from": before, "to": row.level}
    return Event(TIER_RISEN, row.account_id, reference, clock.now(), data=data)


def case_opened(case: RiskCase) -> Event:
    """An account was paused, and a person must look."""
    return _of_case(CASE_OPENED, case, case.opened_at, "system", [])


def case_decided(case: RiskCase, set_aside: "Decided", *, freed: list[str], actor: str) -> Event:
    """A person decided about a case (``status`` says how); ``freed``: earn, spend, what the member
    may do again. ``credited``, ``dropped``: points earned meanwhile, the former on ``days``.
    """
    more = {"credited": set_aside.credited, "dropped": set_aside.dropped}
    more["days"] = [day.isoformat() for day in set_aside.days]
    return _of_case(CASE_DECIDED, case, case.decided_at, actor, freed, **more)


def _of_case(kind, case, at, actor, freed, **more):
    data = {
        "case": case.pk,
        "kind": str(case.kind),
        "scope": str(case.scope),
        "status": str(case.status),
        "freed": freed,
        **more,
    }
    return Event(kind, case.account_id, f"case:{case.pk}", at, actor, data)
