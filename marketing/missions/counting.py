"""Missions move as facts happen: each fact counts once, and what is completed pays once.

``note`` is called with facts the shop saw itself (marketing/facts.py); no door names one.
Where no active mission listens to an event it costs nothing: missions are kept in the process until
one is edited (mall/core/kept.py). Everything counted is counted under the member's lock, for the
missions as they were when it happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter

from mall.core import clock, rows
from mall.core.kept import kept
from mall.core.transactions import transactional
from marketing.analytics import activity
from marketing.errors import MissionNotCompleted, NoSuchMission, RewardCollected, RewardUnavailable
from marketing.missions import eligibility, progress, rewards
from marketing.models import Mission, MissionFact, MissionProgress
from points import event_delivery, ledger


@dataclass(frozen=True)
class Fact:
    """Something the shop saw a member do; ``key`` is its name for ever, ``amount`` a whole
    number.
    """

    event: str
    key: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Moment:
    """What a member did at one moment; ``on`` is the shop day it counts for."""

    user_id: int
    facts: list[Fact]
    at: datetime
    on: date


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

    ``at`` is when it happened (default: now), ``on`` its shop day (default: the day of ``at``).
    Returns the rows that moved. Missions completed by it are paid or wait for their member's tap.
    """
    return note_all(user_id, [Fact(event, key, amount)], on=on, at=at)


def note_all(
    user_id: int, facts: list[Fact], *, on: date | None = None, at: datetime | None = None
) -> list[MissionProgress]:
    """Count what belongs to one moment in one go; each fact as ``note`` does."""
    at = at or clock.now()
    return note_moments([Moment(user_id, facts, at, on or clock.day_of(at))])


def note_moments(
    moments: list[Moment], *, left: Callable[[], list[Fact]] | None = None
) -> list[MissionProgress]:
    """Count what some members did, each fact as ``note`` does; where nothing comes late, in as many
    statements for many members as for one.

    ``left`` is for facts that may have been undone meanwhile, such as an order's: what they count
    for by now, asked once somebody listens.
    """
    moments = [replace(one, facts=[f for f in one.facts if f.amount > 0]) for one in moments]
    moments = sorted((one for one in moments if one.facts), key=attrgetter("at"))
    if not moments:
        return []
    events = {fact.event for one in moments for fact in one.facts}
    listening = _listening(moments[0].at, events)
    heard = [_heard(one, [mission.as_of(one.at) for mission in listening]) for one in moments]
    heard = [(moment, missions) for moment, missions in heard if moment.facts]
    return _count(heard, left) if heard else []


@kept
def _missions() -> list[Mission]:
    """Return every mission, the eldest first."""
    return list(Mission.objects.with_followers().order_by("pk"))


def _listening(since, events) -> list[Mission]:
    """Return missions to these events that were switched on at an instant or after it; what one was
    like at an instant, ``as_of`` tells. They are nobody else's: what is read of one's coupon stays
    with it.
    """
    on = Mission.Status.ACTIVE
    return [
        rows.twin(one)
        for one in _missions()
        if one.event in events
        and (one.status == on or (one.changed_at is not None and one.changed_at > since))
    ]


def _heard(moment, missions):
    """Return a moment with the facts that missions listened to then, and those that were open."""
    switched_on = [mission for mission in missions if mission.status == Mission.Status.ACTIVE]
    events = {mission.event for mission in switched_on}
    facts = [fact for fact in moment.facts if fact.event in events]
    return replace(moment, facts=facts), [one for one in switched_on if one.is_open(moment.at)]


@transactional
def _count(heard, left):
    # Facts of one member may arrive through several doors at once: the second one must see what the
    # first has counted, or a mission one short of its target would be completed twice.
    ledger.open_all(moment.user_id for moment, _missions in heard)
    heard = _uncounted(heard)
    if heard and left is not None:
        heard = _still_counting(heard, left())
    if not heard:
        return []
    asked = [(moment.user_id, moment.at, missions) for moment, missions in heard]
    heard = [
        (moment, missions)
        for (moment, _all), missions in zip(heard, eligibility.open_to(asked), strict=True)
    ]
    counted = progress.Rows(heard)
    for moment, missions in heard:
        counted.move(moment, missions)
    rewards.complete(counted.completed)
    counted.save()
    for row in counted.late:
        progress.draw_anew(row)
    before = [row for row in counted.moved if row.completed_at and row.mission.has_followers]
    if before:
        progress.catch_up(before)
    return counted.moved


def _uncounted(heard) -> list:
    facts = [(one.user_id, fact) for one, _missions in heard for fact in one.facts]
    known = MissionFact.objects.filter(
        user_id__in={user_id for user_id, _fact in facts},
        event__in={fact.event for _user_id, fact in facts},
        key__in={fact.key for _user_id, fact in facts},
    )
    seen, new = set(known.values_list("user_id", "event", "key")), []
    for moment, missions in heard:
        names = {(moment.user_id, fact.event, fact.key): fact for fact in moment.facts}
        facts = [fact for name, fact in names.items() if name not in seen]
        seen |= set(names)
        new.append((replace(moment, facts=facts), missions))
    return [(moment, missions) for moment, missions in new if moment.facts]


def _still_counting(heard, left) -> list:
    amounts = {(fact.event, fact.key): fact.amount for fact in left}
    new = []
    for moment, missions in heard:
        facts = [
            Fact(fact.event, fact.key, min(fact.amount, amounts[fact.event, fact.key]))
            if (fact.event, fact.key) in amounts
            else fact
            for fact in moment.facts
        ]
        facts = [fact for fact in facts if fact.amount > 0]
        new.append((replace(moment, facts=facts), missions))
    return [(moment, missions) for moment, missions in new if moment.facts]


@transactional
def claim(user, code: str) -> MissionProgress:
    """Collect the reward of a completed mission, the oldest one first; once per period.

    Raises: NoSuchMission, MissionNotCompleted, RewardCollected, RewardUnavailable.
    """
    # Two taps at once: the second must see that the first has collected it.
    ledger.open(user.pk)
    event_delivery.deliver(user.pk)
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
    if not rewards.give([row], at=clock.now()):
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

    Harmless when repeated; a fact that was never counted changes nothing, and ``note_moments`` asks
    what is ``left`` of it when it comes.
    """
    ledger.open(user_id)
    bring_in_line([(user_id, fact.key) for fact in facts], lambda: facts)


@transactional
def bring_in_line(counted: list[tuple[int, str]], left: Callable[[], list[Fact]]) -> None:
    """``lessen`` what was counted of members under keys ((member, key)) to what ``left`` says,
    which is asked once something was.
    """
    ledger.open_all(user_id for user_id, _key in counted)
    members, keys = {user_id for user_id, _key in counted}, {key for _user_id, key in counted}
    found = MissionFact.objects.filter(user_id__in=members, key__in=keys).order_by("pk")
    facts = [fact for fact in found if (fact.user_id, fact.key) in counted]
    if not facts:
        return
    amounts, touched = {(fact.event, fact.key): fact.amount for fact in left()}, set()
    for fact in facts:
        amount = min(fact.amount, amounts.get((fact.event, fact.key), fact.amount))
        if amount == fact.amount:
            continue
        touched |= {pk for pk, step in fact.moved if step > amount}
        fact.amount = amount
        fact.moved = [[pk, min(step, amount)] for pk, step in fact.moved]
        fact.save(update_fields=["moved", "amount"]) if amount else fact.delete()
    rows = MissionProgress.objects.select_related("mission").filter(pk__in=touched)
    for row in rows.order_by("pk") if touched else ():
        progress.draw_anew(row)
