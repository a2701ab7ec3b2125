"""Pool against orders: what was set aside for a flash item lies in its buckets or in live claims.

Read without a lock while the sale runs; what does not fit is counted again with all buckets locked,
and only what still does not fit then is a finding. Whoever takes or returns pieces writes the claim
before the bucket, in one transaction, so under those locks both are there or neither.
"""

from django.db.models import Sum

from catalog import stock_buckets
from catalog.models import StockMovement
from mall.core.transactions import transactional
from mall.verification.finding import Finding
from orders.models import FlashClaim, FlashItem, Order


def verify_flash() -> list[Finding]:
    """Compare every item of every session that was opened; a pool belongs to no account."""
    found = []
    for item in FlashItem.objects.filter(session__opened_at__isnull=False).order_by("pk"):
        if _compare(item):
            found += _compare_locked(item)
    return found


@transactional
def _compare_locked(item) -> list[Finding]:
    stock_buckets.count(item.pk)
    return _compare(item)


def _compare(item) -> list[Finding]:
    claims = FlashClaim.objects.filter(item=item)
    outside = -_sum(
        StockMovement.objects.filter(sku=item.sku_id, reference__startswith=f"{item.reference}:"),
        "delta",
    )
    inside = sum(stock_buckets.levels([item.pk])[item.pk]) + _sum(
        claims.filter(is_live=True), "quantity"
    )
    found = []
    if outside != inside:
        found.append(
            Finding(
                None,
                f"pieces of flash item {item.pk}: set aside and not returned; in buckets and "
                f"orders",
                outside,
                inside,
            )
        )
    # A cancelled order keeps a live claim only for card keys that somebody saw.
    cancelled = Order.Status.CANCELLED
    strays = claims.filter(
        is_live=True, order__status=cancelled, order__is_physical=True
    ) | claims.filter(is_live=False).exclude(order__status=cancelled)
    found += [
        Finding(
            claim.user_id,
            f"flash claim of order {claim.order.no} is live: {claim.is_live}",
            "",
            claim.order.status,
        )
        for claim in strays.select_related("order")
    ]
    return found


def _sum(rows, column) -> int:
    return rows.order_by().aggregate(total=Sum(column))["total"] or 0
