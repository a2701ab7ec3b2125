"""What a completed mission gives: points, a coupon and draw tickets, once a turn, and what of it
goes back.

Rows are those of marketing/missions/progress.py, which the caller saves; whoever counts has opened
their members' accounts (marketing/missions/counting.py).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import transaction
from django.urls import reverse

from mall.core import clock
from mall.core.errors import DomainError
from mall.core.languages import names_of
from marketing.draws import tickets
from marketing.models import DrawTicket, MissionProgress, Notification
from marketing.notices.inbox import Kind, notify_many
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import CouponNotRevocable
from orders.models import Coupon
from points import rules, set_aside, take_backs

ACTION = "mission"
log = structlog.get_logger(__name__)


def key_of(row, turn: int | None = None) -> str:
    """Return the fact under which the ledger knows a mission's reward; a reward earned anew has a
    turn of its own.
    """
    turn = turn or row.turn
    return f"mission:{row.mission.code}:{row.period}" + (f":{turn}" if turn > 1 else "")


def complete(rows) -> None:
    """Pay rows that have just been completed, or tell their members that the reward waits."""
    given = give([row for row in rows if row.mission.is_automatic])
    _tell([row for row in rows if row not in given], "completed")


def give(rows, *, at: datetime | None = None) -> list:
    """Give what completed rows promise, once by the ledger's key; returns those of them whose
    reward was given: a member may not earn just now, or no more coupons are given out.

    ``at`` is when a member tapped for it (default: when it was completed). Points and notices of
    many members are as many statements as those of two; a coupon is given by itself.
    """
    paying = [row for row in rows if row.points]
    entries = rules.award_all([_award(row, at or row.completed_at) for row in paying])
    refused = []
    for row, entry in zip(paying, entries, strict=True):
        if entry is None:
            refused.append(row)
        else:
            row.paid = max(0, entry.worth)
    given = [
        row
        for row in rows
        if row not in refused and (_with_coupon(row) or row.points or row.mission.tickets)
    ]
    for row in given:
        _give_tickets(row)
        row.rewarded_at = clock.now()
    # else the member has just tapped for it
    _tell([row for row in given if row.mission.is_automatic], "rewarded")
    return given


@dataclass(frozen=True)
class Reached:
    """A mission that an act completed: what it paid at once, or keeps until it is collected."""

    code: str
    title: str
    points: int
    coupon: str  # its name
    is_paid: bool


def reached_at(user_id: int, at: datetime) -> list[Reached]:
    """Return the missions that a member's act of an instant completed; one statement."""
    rows = MissionProgress.objects.filter(user_id=user_id, completed_at=at).order_by("pk")
    return reached(rows.select_related("mission__coupon"), at)


def reached(moved, at: datetime) -> list[Reached]:
    """Return the missions that an act at an instant completed, of the rows it moved."""
    return [
        Reached(
            row.mission.code,
            row.mission.title,
            row.paid if row.rewarded_at else row.points,
            row.mission.coupon.name if row.mission.coupon_id else "",
            row.rewarded_at is not None,
        )
        for row in moved
        if row.completed_at == at
    ]


def settle(user_id: int) -> None:
    """Do with rewards that were set aside while a member could not earn what was decided about
    their points; harmless when repeated.
    """
    waiting = MissionProgress.objects.filter(
        user_id=user_id, completed_at__isnull=False, rewarded_at__isnull=True, points__gt=0
    ).select_related("mission__coupon")
    rows = {key_of(row): row for row in waiting}
    decided = set_aside.decided_of(user_id, rows)
    give([rows[key] for key, is_credited in decided.items() if is_credited])
    for key, is_credited in decided.items():
        if not is_credited:
            rows[key].rewarded_at = clock.now()
        rows[key].save()


def _award(row, at) -> rules.Award:
    code = f"mission:{row.mission.code}"
    points = Decimal(row.points)
    return rules.Award(
        row.user_id, ACTION, key_of(row), at, amount=points, reference=code, is_told=False
    )


def _with_coupon(row) -> bool:
    """Give the coupon of a reward, unless it has none or one is kept; False when no more are given
    out.
    """
    return row.mission.coupon_id is None or _kept_coupon(row) or _hand_coupon(row, key_of(row))


def take_back(row) -> None:
    """Take back what a row gave that is complete no more; it may be earned anew, in another
    turn.
    """
    if row.paid:
        key = key_of(row)
        reference = f"mission:{row.mission.code}"
        words = {"points": row.paid, "key": f"{key}:back", "reference": reference}
        take_backs.take_back_award(row.user_id, of_key=key, **words)
    was_set_aside = not row.paid and set_aside.drop(row.user_id, key_of(row))
    if row.rewarded_at is not None:
        _take_coupon_back(row)
        tickets.take_back(row.user_id, _tickets_of(row))
    if row.rewarded_at is not None or was_set_aside:
        row.turn += 1
    row.paid, row.completed_at, row.rewarded_at = 0, None, None


def _kept_coupon(row) -> bool:
    """Say whether an earlier turn's coupon stayed with the member because it could not be taken
    back any more.
    """
    keys = [key_of(row, turn) for turn in range(1, row.turn)]
    return (
        bool(keys)
        and Coupon.objects.filter(user_id=row.user_id, key__in=keys)
        .exclude(state=Coupon.State.REVOKED)
        .exists()
    )


def _hand_coupon(row, key) -> bool:
    """Give the coupon of a reward, once by its key; False when no more are given out."""
    try:
        with transaction.atomic():  # what a refused hand-out had begun goes, the fact stays
            coupons.grant(row.user_id, row.mission.coupon_id, key=key)
    except DomainError as refusal:
        code = row.mission.code
        log.warning("mission_coupon_not_given", mission=code, member=row.user_id, code=refusal.code)
        return False
    return True


def _take_coupon_back(row):
    coupon = Coupon.objects.filter(user_id=row.user_id, key=key_of(row)).first()
    if coupon is not None:
        # used, kept for an order, or over: then it stays, and no other one comes
        with suppress(CouponNotRevocable):
            coupons.revoke(coupon, actor=None, reason=key_of(row))


def _tickets_of(row, turn: int | None = None) -> str:
    """Return how the keys of a reward's tickets begin."""
    return f"{key_of(row, turn)}:ticket:"


def _give_tickets(row) -> None:
    """Give the draw tickets of a reward, once by their keys; those of an earlier turn that were
    drawn stayed, and no others come for them.
    """
    if row.mission.tickets and row.mission.ticket_draw_id:
        earlier = range(1, row.turn)
        kept = sum(tickets.kept_of(row.user_id, _tickets_of(row, turn)) for turn in earlier)
        keys = [f"{_tickets_of(row)}{place}" for place in range(kept + 1, row.mission.tickets + 1)]
        tickets.give(row.user_id, row.mission.ticket_draw_id, keys, DrawTicket.Source.MISSION)


def _tell(rows, what):
    notify_many([_notice(row, what) for row in rows])


def _notice(row, what) -> Notification:
    mission = row.mission
    titles = names_of(mission, "title")
    return Notification(
        user_id=row.user_id,
        kind=Kind.MISSION_COMPLETED,
        key=f"{key_of(row)}:{what}",
        url=reverse("marketing:missions"),
        params={"mission": titles, "points": row.points},
    )
