"""What a completed mission gives: points and a coupon, once a turn, and what of it goes back.

Called under the member's lock with a row of marketing/missions/progress.py, which the
caller saves.
"""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import transaction
from django.urls import reverse

from mall.core import clock
from mall.core.errors import DomainError
from marketing.notices.inbox import Kind, notify
from orders.coupons import lifecycle as coupons
from orders.coupons.errors import CouponNotRevocable
from orders.models import Coupon
from points import ledger, rules, tiers

ACTION = "mission"
log = structlog.get_logger(__name__)


def key_of(row, turn: int | None = None) -> str:
    """Return the fact under which the ledger knows a mission's reward; a reward earned anew has a
    turn of its own.
    """
    turn = turn or row.turn
    return f"mission:{row.mission.code}:{row.period}" + (f":{turn}" if turn > 1 else "")


def complete(row) -> None:
    """Pay a row that has just been completed, or tell the member that the reward waits."""
    if not (row.mission.is_automatic and give(row, at=row.completed_at)):
        _tell(row, "completed")


def give(row, *, at: datetime | None = None) -> bool:
    """Give what a completed row promises, once by the ledger's key; False when the member may not
    earn just now. ``at``: when it was earned, or tapped for (default: now).
    """
    key = key_of(row)
    if row.points:
        entry = rules.award(
            row.user_id,
            ACTION,
            key=key,
            at=at,
            amount=Decimal(row.points),
            reference=f"mission:{row.mission.code}",
        )
        if entry is None:
            return False
        row.paid = max(0, entry.worth)
    if (
        row.mission.coupon_id
        and not _kept_coupon(row)
        and not _hand_coupon(row, key)
        and not row.points
    ):
        return False
    row.rewarded_at = clock.now()
    if row.mission.is_automatic:  # else the member has just tapped for it
        _tell(row, "rewarded")
    return True


def take_back(row) -> None:
    """Take back what a row gave that is complete no more; it may be earned anew, in another
    turn.
    """
    if row.paid:
        key = key_of(row)
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


def _tell(row, what):
    mission = row.mission
    titles = {
        "zh-hans": mission.title_zh_hans or mission.title,
        "en": mission.title_en or mission.title,
    }
    notify(
        row.user_id,
        kind=Kind.MISSION_COMPLETED,
        key=f"{key_of(row)}:{what}",
        url=reverse("marketing:missions"),
        mission=titles,
        points=row.points,
    )
