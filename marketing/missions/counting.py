"""Missions move as facts happen: each fact counts once, and what is completed pays once.

``note`` is called with facts the shop saw itself (marketing/facts.py); no door names one.
Where no active mission listens to an event it costs one query: what is counted is no matter for a
cache, which may be old, empty or lying. Everything counted is counted under the member's lock, for
the missions as they were when it happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from mall.core import clock
from mall.core.transactions import transactional
from marketing.analytics import activity
from marketing.errors import MissionNotCompleted, NoSuchMission, RewardCollected, RewardUnavailable
from marketing.missions import progress, rewards
from marketing.models import Mission, MissionFact, MissionProgress
from points import ledger


@dataclass(frozen=True)
class Fact:
    """Something the shop saw a member do; ``key`` is its name for ever, ``amount`` a whole
    number.
    """

    event: str
    key: str
    amount: int = 1


def note(
    user_id: int,
    event: str,
    *,
    key: str,
    on: date | None = None,
    at: datetime | None = None,
    amount: int = 1,
) -> list[MissionProgress]:
    """Count one fact for every mission that listens to its event; once per (member, event, key).

    Returns the rows that moved. Missions completed by it are paid or wait for their member's tap.
    """
    return note_all(user_id, [Fact(event, key, amount)], on=on, at=at)


def note_all(
    user_id: int,
    facts: list[Fact],
    *,
    on: date | None = None,
    at: datetime | None = None,
    left: Callable[[], list[Fact]] | None = None,
) -> list[MissionProgress]:
    """Count what belongs to one moment in one go; each fact as ``note`` does.

    ``at`` is when it happened (default: now), ``on`` its shop day (default: the day of ``at``).
    ``left`` is for facts that may have been undone meanwhile, such as an order's: what they count
    for by now, asked once somebody listens; its caller holds the member's lock.
    """
    at = at or clock.now()
    facts = [fact for fact in facts if fact.amount > 0]
    if not facts:
        return []
    heard = Mission.objects.listening(at, {fact.event for fact in facts})
    events = {mission.event for mission in heard}
    facts = [fact for fact in facts if fact.event in events]
    missions = [mission for mission in heard if mission.is_open(at)]
    return _count(user_id, facts, missions, on or clock.day_of(at), at, left) if facts else []


@transactional
def _count(user_id, facts, missions, on, at, left):
    # Facts of one member may arrive through several doors at once: the second one must see what the
    # first has counted, or a mission one short of its target would be completed twice.
    if left is None:
        ledger.open(user_id)
    facts = _uncounted(user_id, facts)
    if facts and left is not None:
        facts = _still_counting(facts, left())
    if not facts:
        return []
    rows = progress.rows_of(user_id, progress.open_to(user_id, missions, at), on, at)
    late = [row for row in rows.values() if progress.is_late(row, at)]
    counted, moved = [], set()
    for fact in facts:
        steps = []
        for row in rows.values():
            if row.mission.event == fact.event:
                step = 0 if row in late else progress.move(row, fact.amount, at)
                # A fact that came too late to move anything is kept as well: it may stand in for
                # one that goes back.
                steps.append([row.pk, step])
                moved |= {row.mission_id} if step or row in late else set()
        counted.append(
            MissionFact(
                user_id=user_id,
                event=fact.event,
                key=fact.key,
                amount=fact.amount,
                on=on,
                at=at,
                moved=steps,
            )
        )
    MissionFact.objects.bulk_create(counted)
    for row in late:
        progress.draw_anew(row)
    for row in rows.values():
        if row.mission_id in moved and row.completed_at and row.mission.has_followers:
            progress.catch_up(row)
    return [row for row in rows.values() if row.mission_id in moved]


def _uncounted(user_id, facts):
    known = MissionFact.objects.filter(
        user_id=user_id,
        event__in=[fact.event for fact in facts],
        key__in=[fact.key for fact in facts],
    )
    seen = set(known.values_list("event", "key"))
    return [fact for fact in facts if (fact.event, fact.key) not in seen]


def _still_counting(facts, left):
    amounts = {(fact.event, fact.key): fact.amount for fact in left}
    return [
        Fact(fact.event, fact.key, amount)
        for fact in facts
        if (amount := min(fact.amount, amounts.get((fact.event, fact.key), fact.amount))) > 0
    ]


@transactional
def claim(user, code: str) -> MissionProgress:
    """Collect the reward of a completed mission, the oldest one first; once per period.

    Raises: NoSuchMission, MissionNotCompleted, RewardCollected, RewardUnavailable.
    """
    # Two taps at once: the second must see that the first has collected it.
    ledger.open(user.pk)
    mission = (
        Mission.objects.exclude(status=Mission.Status.DRAFT)
        .select_related("coupon")
        .filter(code=code)
        .first()
    )
    if mission is None:
        raise NoSuchMission
    rows = MissionProgress.objects.filter(user=user, mission=mission)
    row = rows.filter(completed_at__isnull=False, rewarded_at__isnull=True).order_by("pk").first()
    if row is None:
        period = progress.period_of(mission.kind, clock.today())
        raise _why_not(rows.filter(period=period).first(), mission)
    row.mission = mission
    if not rewards.give(row):
        raise RewardUnavailable
    row.save()
    activity.record(user.pk, clock.today(), activity.Action.MISSION)
    return row


def _why_not(row, mission):
    if row is not None and row.rewarded_at is not None:
        return RewardCollected()
    return MissionNotCompleted(
        count=row.count if row else 0, target=row.target if row else mission.target
    )


def withdraw(user_id: int, facts: list[Fact]) -> None:
    """Take facts back that turned out not to be (a cancelled order), as ``lessen`` to nothing
    does.
    """
    lessen(user_id, [Fact(fact.event, fact.key, 0) for fact in facts])


@transactional
def lessen(user_id: int, facts: list[Fact]) -> None:
    """Let facts count for no more than their ``amount`` now (what is left of a refunded order);
    what is over moves back (marketing/missions/progress.py).

    Harmless when repeated; a fact that was never counted changes nothing, and ``note_all`` asks
    what is ``left`` of it when it comes.
    """
    ledger.open(user_id)
    bring_in_line(user_id, {fact.key for fact in facts}, lambda: facts)


@transactional
def bring_in_line(user_id: int, keys: set[str], left: Callable[[], list[Fact]]) -> None:
    """``lessen`` what was counted under these keys to what ``left`` says, which is asked once
    something was; the caller holds the member's lock.
    """
    counted = list(MissionFact.objects.filter(user_id=user_id, key__in=keys).order_by("pk"))
    if not counted:
        return
    left, touched = {(fact.event, fact.key): fact.amount for fact in left()}, set()
    for fact in counted:
        amount = min(fact.amount, left.get((fact.event, fact.key), fact.amount))
        if amount == fact.amount:
            continue
        touched |= {pk for pk, step in fact.moved if step > amount}
        fact.amount = amount
        fact.moved = [[pk, min(step, amount)] for pk, step in fact.moved]
        fact.save(update_fields=["moved", "amount"]) if amount else fact.delete()
    rows = MissionProgress.objects.select_related("mission").filter(pk__in=touched)
    for row in rows.order_by("pk") if touched else ():
        progress.draw_anew(row)
