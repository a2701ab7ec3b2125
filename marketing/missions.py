"""Missions move as facts happen: each fact counts once, and what is completed pays once.

``note`` is called by marketing/receivers.py with facts the shop saw itself; no door names one.
Where no active mission listens to an event it costs one query: what is counted is no matter for a
cache, which may be old, empty or lying. Everything counted is counted under the member's lock.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import structlog
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from accounts import persons
from mall.core import clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from marketing.analytics import activity
from marketing.errors import MissionNotCompleted, NoSuchMission, RewardCollected, RewardUnavailable
from marketing.models import Mission, MissionFact, MissionProgress
from marketing.notifications import Kind, notify
from orders import coupons
from orders.coupon_errors import CouponNotRevocable
from orders.models import Coupon
from points import ledger, rules, tiers

ACTION = "mission"
ONCE = "once"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Fact:
    """Something the shop saw a member do; ``key`` is its name for ever, ``amount`` a whole
    number.
    """

    event: str
    key: str
    amount: int = 1


def note(
    user_id: int, event: str, *, key: str, on: date | None = None, amount: int = 1
) -> list[MissionProgress]:
    """Count one fact for every mission that listens to its event; once per (member, event, key).

    Returns the rows that moved. Missions completed by it are paid or wait for their member's tap.
    """
    return note_all(user_id, [Fact(event, key, amount)], on=on)


def note_all(user_id: int, facts: list[Fact], *, on: date | None = None) -> list[MissionProgress]:
    """Count what belongs to one moment in one go; each fact as ``note`` does."""
    facts = [fact for fact in facts if fact.amount > 0]
    heard = (
        list(
            Mission.objects.active().filter(event__in={fact.event for fact in facts}).order_by("pk")
        )
        if facts
        else []
    )
    events = {mission.event for mission in heard}
    facts = [fact for fact in facts if fact.event in events]
    return (
        _count(
            user_id, facts, [mission for mission in heard if mission.is_open()], on or clock.today()
        )
        if facts
        else []
    )


@transactional
def _count(user_id, facts, missions, on):
    # Facts of one member may arrive through several doors at once: the second one must see what the
    # first has counted, or a mission one short of its target would be completed twice.
    ledger.open(user_id)
    facts = _uncounted(user_id, facts)
    if not facts:
        return []
    missions = _open_to(user_id, missions)
    rows, moved, rows_moved = _rows_of(user_id, missions, on), {}, set()
    for mission in missions:
        row = rows[mission.pk]
        for fact in facts:
            if fact.event != mission.event:
                continue
            step = _move(row, mission, fact.amount)
            # A fact that came too late to move anything is kept as well: it may stand in for one
            # that goes back.
            moved.setdefault(fact, []).append([row.pk, step])
            if step:
                rows_moved.add(row.pk)
    MissionFact.objects.bulk_create(
        MissionFact(
            user_id=user_id,
            event=fact.event,
            key=fact.key,
            amount=fact.amount,
            on=on,
            moved=moved.get(fact, []),
        )
        for fact in facts
    )
    return [row for row in rows.values() if row.pk in rows_moved]


def _uncounted(user_id, facts):
    known = MissionFact.objects.filter(
        user_id=user_id,
        event__in=[fact.event for fact in facts],
        key__in=[fact.key for fact in facts],
    )
    seen = set(known.values_list("event", "key"))
    return [fact for fact in facts if (fact.event, fact.key) not in seen]


def _open_to(user_id, missions):
    """Leave out what this member may not do (yet): newcomers' missions after their time, steps of a
    chain before theirs.
    """
    missions = list(missions)
    if any(mission.kind == Mission.Kind.NEWCOMER for mission in missions):
        joined = get_user_model().objects.values_list("date_joined", flat=True).get(pk=user_id)
        missions = for_newcomers(
            [mission for mission in missions if is_in_time(mission, joined)], user_id
        )
    behind = done_by(user_id, {mission.prerequisite_id for mission in missions} - {None})
    return [
        mission
        for mission in missions
        if mission.prerequisite_id is None or mission.prerequisite_id in behind
    ]


def is_in_time(mission, joined) -> bool:
    """Whether a mission is still open for somebody who joined at an instant."""
    return mission.kind != Mission.Kind.NEWCOMER or clock.now() < joined + timedelta(
        days=mission.newcomer_days
    )


def for_newcomers(missions, user_id) -> list[Mission]:
    """Leave out newcomers' missions for somebody who was here before with another account."""
    if all(mission.kind != Mission.Kind.NEWCOMER for mission in missions) or persons.is_first(
        user_id
    ):
        return missions
    return [mission for mission in missions if mission.kind != Mission.Kind.NEWCOMER]


def done_by(user_id, mission_ids) -> set[int]:
    """Return which of these missions a member has completed at any time; none asked, no query."""
    if not mission_ids:
        return set()
    completed = MissionProgress.objects.filter(
        user_id=user_id, mission__in=mission_ids, completed_at__isnull=False
    )
    return set(completed.values_list("mission_id", flat=True).distinct())


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


def _rows_of(user_id, missions, on):
    """Return each mission's row of the day's period; a new one takes the mission's numbers of now
    and keeps them.
    """
    rows = MissionProgress.objects.filter(
        user_id=user_id, mission__in=missions, period__in=periods_at(on)
    )
    found = {(row.mission_id, row.period): row for row in rows}
    return {
        mission.pk: found.get((mission.pk, period))
        or MissionProgress(
            mission=mission,
            user_id=user_id,
            period=period,
            target=mission.target,
            points=mission.points,
        )
        for mission in missions
        for period in [period_of(mission.kind, on)]
    }


def _move(row, mission, amount) -> int:
    """Add to one row and pay it when that completes it; returns by how much it moved, 0 when it was
    complete.
    """
    step = min(amount, row.target - row.count)
    if row.completed_at is not None or step <= 0:
        return 0
    row.count += step
    if row.count == row.target:
        row.completed_at = clock.now()
        if not (mission.is_automatic and _reward(row, mission)):
            _tell(row, mission, "completed")
    row.save()
    return step


def key_of(row, mission, turn: int | None = None) -> str:
    """Return the fact under which the ledger knows a mission's reward; a reward earned anew has a
    turn of its own.
    """
    turn = turn or row.turn
    return f"mission:{mission.code}:{row.period}" + (f":{turn}" if turn > 1 else "")


def _reward(row, mission) -> bool:
    """Give what a completed row promises, once by the ledger's key; False when the member may not
    earn just now.
    """
    key = key_of(row, mission)
    if row.points:
        entry = rules.award(
            row.user_id,
            ACTION,
            key=key,
            amount=Decimal(row.points),
            reference=f"mission:{mission.code}",
        )
        if entry is None:
            return False
        row.paid = max(0, entry.worth)
    if (
        mission.coupon_id
        and not _kept_coupon(row, mission)
        and not _hand_coupon(row, mission, key)
        and not row.points
    ):
        return False
    row.rewarded_at = clock.now()
    if mission.is_automatic:  # else the member has just tapped for it
        _tell(row, mission, "rewarded")
    return True


def _kept_coupon(row, mission) -> bool:
    """Say whether an earlier turn's coupon stayed with the member because it could not be taken
    back any more.
    """
    keys = [key_of(row, mission, turn) for turn in range(1, row.turn)]
    return (
        bool(keys)
        and Coupon.objects.filter(user_id=row.user_id, key__in=keys)
        .exclude(state=Coupon.State.REVOKED)
        .exists()
    )


def _hand_coupon(row, mission, key) -> bool:
    """Give the coupon of a reward, once by its key; False when no more are given out."""
    try:
        with transaction.atomic():  # what a refused hand-out had begun goes, the fact stays
            coupons.grant(row.user_id, mission.coupon_id, key=key)
    except DomainError as refusal:
        log.warning(
            "mission_coupon_not_given", mission=mission.code, member=row.user_id, code=refusal.code
        )
        return False
    return True


def _tell(row, mission, what):
    titles = {
        "zh-hans": mission.title_zh_hans or mission.title,
        "en": mission.title_en or mission.title,
    }
    url = reverse("marketing:missions")
    notify(
        row.user_id,
        kind=Kind.MISSION_COMPLETED,
        key=f"{key_of(row, mission)}:{what}",
        url=url,
        mission=titles,
        points=row.points,
    )


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
        raise _why_not(rows.filter(period=period_of(mission.kind, clock.today())).first(), mission)
    if not _reward(row, mission):
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
    what is over moves back.

    What another fact, that came when the mission was full, can stand for stays. Else a reward given
    for it is clawed back, its coupon too while nobody used it, and both may be earned anew.
    Harmless when repeated; a fact that was never counted changes nothing.
    """
    left = {(fact.event, fact.key): fact.amount for fact in facts}
    counted = MissionFact.objects.filter(
        user_id=user_id, key__in={fact.key for fact in facts}
    ).order_by("pk")
    if not counted.exists():
        return
    ledger.open(user_id)
    for event, key in list(counted.values_list("event", "key")):
        # the one before may have asked it to stand in
        fact = MissionFact.objects.get(user_id=user_id, event=event, key=key)
        amount = min(fact.amount, left.get((event, key), fact.amount))
        if amount == fact.amount:
            continue
        steps, fact.moved, fact.amount = (
            fact.moved,
            [[pk, min(step, amount)] for pk, step in fact.moved],
            amount,
        )
        fact.save(update_fields=["moved", "amount"]) if amount else fact.delete()
        for pk, step in steps:
            if step > amount:
                row = MissionProgress.objects.select_related("mission").get(pk=pk)
                if lost := step - amount - _stand_in(row, step - amount):
                    _move_back(row, lost)


def _stand_in(row, lost) -> int:
    """Let facts of the same row that were not needed yet count in the place of what is lost;
    returns for how much they do.
    """
    stood = 0
    for fact in MissionFact.objects.filter(user_id=row.user_id, event=row.mission.event).order_by(
        "pk"
    ):
        for part in fact.moved:
            spare = min(fact.amount - part[1], lost - stood) if part[0] == row.pk else 0
            if spare > 0:
                part[1] += spare
                stood += spare
                fact.save(update_fields=["moved"])
    return stood


def _move_back(row, step):
    if row.paid:
        key = key_of(row, row.mission)
        ledger.clawback(
            row.user_id,
            of_key=key,
            points=row.paid,
            key=f"{key}:back",
            reference=f"mission:{row.mission.code}",
        )
        tiers.reassess(row.user_id)
    if row.rewarded_at is not None:
        _take_coupon_back(row)
        row.turn += 1
    row.count, row.paid = max(0, row.count - step), 0
    row.completed_at = row.rewarded_at = None
    row.save()


def _take_coupon_back(row):
    coupon = Coupon.objects.filter(user_id=row.user_id, key=key_of(row, row.mission)).first()
    if coupon is not None:
        # used, kept for an order, or over: then it stays, and no other one comes
        with suppress(CouponNotRevocable):
            coupons.revoke(coupon, actor=None, reason=key_of(row, row.mission))
