"""Whether goods are offered to somebody right now: on sale, and for members of their tier
(catalog/audience.py). Reads, never writes.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import ngettext

from catalog import audience, kept
from catalog.models import Product
from mall.core.errors import DomainError
from orders.errors import NotForSale, NotInShop, TierNeeded
from points import tiers
from points.models import MemberTier
from points.perks import Perk

LOWEST_TIER = 1  # every member has it, also without a row


def tier_of(user_id: int | None, products: Iterable[Product]) -> int:
    """Return the tier that counts for a member (None: a visitor) where one of these products is for
    some tiers only; where all are for everybody nothing is asked.
    """
    if user_id is None or not any(product.tier_to_redeem for product in products):
        return audience.VISITOR
    return tiers.level_of(user_id)


def refusal_of(product: Product, tier: int, as_of: datetime) -> DomainError | None:
    """Return why a reader of a tier cannot have a product at an instant; None where nothing but
    stock and limits may be in the way. What is hidden from them is not in the shop.
    """
    if not audience.is_shown(product.tier_to_see, tier):
        return NotInShop()
    if not product.is_for_sale(as_of):
        return NotForSale(product=product.name)
    if needed := audience.locked_until(product.tier_to_redeem, tier):
        return TierNeeded(product=product.name, tier=needed)
    return None


def check(user, wishes, as_of: datetime) -> None:
    """Refuse wishes for what is not offered to a member. Raises: NotInShop, NotForSale,
    TierNeeded.
    """
    products = [wish.sku.product for wish in wishes]
    tier = tier_of(user and user.pk, products)
    for product in products:
        refusal = refusal_of(product, tier, as_of)
        if refusal is not None:
            raise refusal


def for_their_tier(product: str) -> Q:
    """Return, of rows with a ``user_id``, those whose member's tier is high enough for the product
    that a path leads to.
    """
    needed = f"{product}__tier_to_redeem"
    reached = MemberTier.objects.filter(pk=OuterRef("user_id"), level__gte=OuterRef(needed))
    return Q(**{f"{needed}__lte": LOWEST_TIER}) | Exists(reached)


def perks_of(level: int) -> list[Perk]:
    """Return, as a perk of a tier, how many goods its members may have and those of the first tier
    may not.
    """
    if not kept.highest_tier():
        return []
    counts = Product.objects.for_sale().aggregate(
        all=Count("pk", filter=Q(tier_to_redeem__gt=LOWEST_TIER, tier_to_redeem__lte=level)),
        new=Count("pk", filter=Q(tier_to_redeem=level)),
    )
    if level <= LOWEST_TIER or not counts["all"]:
        return []
    words = ngettext("%(n)s product for your tier", "%(n)s products for your tier", counts["all"])
    said = words % {"n": counts["all"]}
    return [Perk(said, "bag-check", reverse("catalog:list"), is_new=bool(counts["new"]))]
