"""How far a member is from a product: the points that are missing, the check-ins that surely earn
them, and the missions that pay. Display only.

Points are whole numbers.
"""

from dataclasses import dataclass

from catalog import audience, storefront
from marketing.missions import board
from orders.basket import wishes
from points import balance

WAYS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """A product and how far it is: ``missing`` points (0: within reach), ``checkins`` that earn
    them (None: too many, or they earn nothing), ``missions`` that pay.
    """

    product: dict
    missing: int
    checkins: int | None
    missions: list


def of(request, items=None) -> Way | None:
    """Return how far the reader's goal is; None without one, or where it is not offered now.

    ``items`` are those of the member's board, where they are at hand.
    """
    product_id = wishes.goal_of(request.user)
    return to(request, product_id, items) if product_id is not None else None


def to(request, product_id: int, items=None) -> Way | None:
    """Return how far a product is for a member; None where it is not offered now."""
    available = _available(request)
    tier = audience.tier_of(request)
    product = storefront.detail(product_id, available=available, tier=tier)
    if product is None:
        return None
    there = [sku for sku in product["skus"] if sku["stock"]] or product["skus"]
    missing = min(sku["missing"] for sku in there)
    if not missing:
        return Way(product, 0, None, [])
    items = board.of(request.user) if items is None else items
    return Way(product, missing, request.purse.checkins_for(missing), _paying(items))


def _available(request) -> int:
    own = request.purse.available
    return balance.of(request.user).available if own is None else own


def _paying(items) -> list:
    """Return the missions that are open to the member and pay points, what pays most first."""
    open_ones = [one for one in items if (one.is_open or one.is_claimable) and one.points]
    return sorted(open_ones, key=lambda one: (not one.is_claimable, -one.points))[:WAYS]
