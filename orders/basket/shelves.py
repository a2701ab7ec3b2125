"""Whether something may be put into a basket, or waited for, at all. Reads, never writes."""

from catalog import audience, shelf
from catalog.models import Product, Sku
from mall.core import clock
from orders import offering
from orders.basket.errors import NotOffered
from orders.errors import NotInShop
from orders.pricing import LARGEST_ID


def offered(sku_id: int, user) -> Sku:
    """Return a SKU on sale now for somebody (None: a visitor) with its product; how many are left
    does not matter.

    Raises: NotOffered, NotForSale, TierNeeded.
    """
    found = shelf.offers([sku_id]) if 1 <= sku_id <= LARGEST_ID else {}
    if sku_id not in found:
        raise NotOffered
    sku = found[sku_id].sku
    tier = offering.tier_of(user and user.pk, [sku.product])
    refusal = offering.refusal_of(sku.product, tier, clock.now())
    if isinstance(refusal, NotInShop):
        raise NotOffered
    if refusal is not None:
        raise refusal
    return sku


def check_offered(product_id: int, user) -> None:
    """Raises: NotOffered unless the product is on sale now, and shown to a member."""
    on_sale = Product.objects.for_sale(clock.now())
    product = on_sale.filter(pk=product_id).first() if 1 <= product_id <= LARGEST_ID else None
    if product is None:
        raise NotOffered
    if not audience.is_shown(product.tier_to_see, offering.tier_of(user.pk, [product])):
        raise NotOffered
