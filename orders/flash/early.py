"""Early access: members of some tiers may redeem before a flash session begins for everybody.

How early a tier is let in is the tier's own number (back office, Tiers). It is asked only while a
session has not begun: once it runs, nobody's tier matters.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from orders.models import FlashSession
from points import tiers
from points.models import MemberTier


def minutes_of(user) -> int:
    """Return how many minutes before the beginning a reader (None: a visitor) is let in."""
    if user is None or not _by_tier():
        return 0
    return tiers.perks_of(tiers.level_of(user.pk)).early_access_minutes


def minutes_of_all(user_ids) -> dict[int, int]:
    """Return the same of those of some members who are let in earlier than others."""
    minutes = _by_tier()
    levels = tiers.levels_of(user_ids) if minutes else {}
    return {user_id: minutes[level] for user_id, level in levels.items() if level in minutes}


def tier_let_in(session: FlashSession, as_of: datetime) -> int | None:
    """Return the lowest tier that is in at an instant before the beginning; None: nobody is."""
    is_in = (level for level, minutes in _by_tier().items() if session.opens_at(minutes) <= as_of)
    return min(is_in, default=None)


def first_let_in() -> tuple[int, int] | None:
    """Return the lowest tier that is let in earlier at all, and how many minutes the first of all
    are; None where everybody begins together.
    """
    minutes = _by_tier()
    return (min(minutes), max(minutes.values())) if minutes else None


def opened_by(as_of: datetime) -> Q:
    """Return, of rows with a ``session`` and a ``user_id``, those whose session is open for their
    member by an instant.
    """
    opened = Q(session__starts_at__lte=as_of)
    for level, minutes in _by_tier().items():
        of_tier = MemberTier.objects.filter(pk=OuterRef("user_id"), level=level)
        early = Q(session__by_lot=False, session__starts_at__lte=as_of + timedelta(minutes=minutes))
        opened |= Q(Exists(of_tier)) & early
    return opened


def _by_tier() -> dict[int, int]:
    """Return {tier: minutes} of the tiers that are let in earlier."""
    return {
        tier.level: tier.early_access_minutes
        for tier in tiers.ladder()
        if tier.early_access_minutes
    }
