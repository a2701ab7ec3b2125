"""Whether something may be put into a basket, or waited for, at all. Reads, never writes."""

from catalog import shelf
from catalog.models import Product, Sku
from mall.core import clock
from orders.basket.errors import NotOffered
from orders.errors import NotForSale
from orders.pricing import LARGEST_ID


def offered(sku_id: int) -> Sku:
    """Return a SKU on sale now with its product; how many are left does not matter.

    Raises: NotOffered, NotForSale.
    """
    found = shelf.offers([sku_id]) if 1 <= sku_id <= LARGEST_ID else {}
    if sku_id not in found:
        raise NotOffered
    sku = found[sku_id].sku
    if not sku.product.is_for_sale(clock.now()):
        raise NotForSale(product=sku.product.name)
    return sku


def check_offered(product_id: int) -> None:
    """Raises: NotOffered unless the product is on sale now."""
    is_known = 1 <= product_id <= LARGEST_ID
    if not is_known or not Product.objects.for_sale(clock.now()).filter(pk=product_id).exists():
        raise NotOffered
