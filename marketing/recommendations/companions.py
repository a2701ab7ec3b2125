"""What goes with a product: what the same people had, as it was counted last night."""

from catalog import storefront
from catalog.audience import VISITOR
from marketing.models import CoPurchase


def of_product(
    product_id: int, *, available: int | None, limit: int, tier: int = VISITOR
) -> list[dict]:
    """Return up to ``limit`` goods in stock that the same people had, closest first."""
    goods = storefront.popular()
    others = (
        CoPurchase.objects.filter(product=product_id)
        .order_by("-score", "other_id")
        .values_list("other_id", flat=True)
    )
    close = [goods[other] for other in others if other in goods]
    return storefront.in_stock(close, limit, available=available, tier=tier)
