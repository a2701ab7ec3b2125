"""Whom goods are for: who is shown them, and who may have them. The one rule behind every list,
page, basket and order.

Tiers are whole numbers as points knows them (1 to HIGHEST_TIER); 0 is whoever is not signed in.
"""

from django.db.models import Q

from catalog import kept

VISITOR = 0


def is_shown(tier_to_see: int, tier: int) -> bool:
    """Whether goods are shown to a reader of a tier."""
    return tier_to_see <= tier


def shown_to(tier: int) -> Q:
    """The same as ``is_shown`` in SQL, of rows that have the column."""
    return Q(tier_to_see__lte=tier)


def locked_until(tier_to_redeem: int, tier: int) -> int:
    """Return the tier from which on goods may be had, for a reader below it; else 0."""
    return tier_to_redeem if tier < tier_to_redeem else 0


def tier_of(request) -> int:
    """Return the tier a request's reader sees the shelves with; of members it is asked only where
    any goods on sale are for some of them.
    """
    if request.purse.available is None or not kept.highest_tier():
        return VISITOR
    return request.purse.tier
