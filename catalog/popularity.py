"""How often each product was redeemed lately: a roll-up, so that no list page counts movements."""

from datetime import timedelta

from django.db.models import Sum
from django.db.models.functions import Coalesce

from catalog import sales, storefront
from catalog.models import Product, StockMovement
from mall.core import clock
from mall.core.transactions import transactional

POPULAR_DAYS = 30


@transactional
def refresh(as_of=None) -> int:
    """Count the pieces sold or set aside and not put back in the last POPULAR_DAYS, and all that
    members ever kept; return how many products changed.

    Safe to run at any time and twice.
    """
    as_of = as_of or clock.now()
    since = as_of - timedelta(days=POPULAR_DAYS)
    directions = (StockMovement.Direction.TAKE, StockMovement.Direction.PUT_BACK)
    moved = StockMovement.objects.filter(
        direction__in=directions, created_at__gt=since, created_at__lte=as_of
    ).exclude(**sales.LOGGED_SALE)
    lately, ever = sales.pieces(since, as_of), sales.sold()
    moved = dict(moved.order_by().values_list("sku__product").annotate(n=Coalesce(Sum("delta"), 0)))
    changed = []
    for product in Product.objects.only("pk", "popularity", "sold"):
        popularity = max(0, lately.get(product.pk, 0) - moved.get(product.pk, 0))
        sold = ever.get(product.pk, 0)
        if (product.popularity, product.sold) != (popularity, sold):
            product.popularity, product.sold = popularity, sold
            changed.append(product)
    Product.objects.bulk_update(changed, ["popularity", "sold"], batch_size=500)
    if changed:
        storefront.forget()
    return len(changed)
