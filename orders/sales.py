"""What orders took from the shelf, as catalog asks (catalog/sales.py): their lines, those of flash
goods aside, whose pieces went out when the session was opened.
"""

from django.db.models import F, Sum

from catalog.models import StockMovement
from orders.models import Order, OrderLine

SOLD = OrderLine.objects.filter(order__flash_claim__isnull=True)


def is_sold(product_id: int) -> bool:
    """Say whether an order ever took a piece of this product."""
    return SOLD.filter(product=product_id).exists()


def pieces(after, until) -> dict[int, int]:
    """Return the pieces taken by orders placed in (after, until], by product."""
    placed = SOLD.filter(order__created_at__gt=after, order__created_at__lte=until).order_by()
    return dict(placed.values_list("product_id").annotate(n=Sum("quantity")))


def kept() -> dict[int, int]:
    """Return the pieces of each product that were paid for and neither cancelled nor refunded."""
    unsold = [Order.Status.PENDING, Order.Status.CANCELLED]
    lines = OrderLine.objects.exclude(order__status__in=unsold).order_by()
    pieces_kept = Sum(F("quantity") - F("refunded_quantity"))
    return dict(lines.values_list("product_id").annotate(n=pieces_kept))


def newest(sku_id: int, line_id: int, limit: int) -> list[StockMovement]:
    """Return the sales of a SKU before a line as movements, newest first."""
    return _movements(SOLD.filter(sku=sku_id, pk__lt=line_id).order_by("-pk")[:limit])


def following(sku_id: int, line_id: int, limit: int) -> list[StockMovement]:
    """Return the sales of a SKU from a line on as movements, oldest first."""
    return _movements(SOLD.filter(sku=sku_id, pk__gte=line_id).order_by("pk")[:limit])


def _movements(lines):
    named = lines.select_related("order")
    return [
        _movement(line) for line in named.only("sku", "quantity", "order__no", "order__created_at")
    ]


def _movement(line) -> StockMovement:
    movement = StockMovement(
        sku_id=line.sku_id,
        direction=StockMovement.Direction.TAKE,
        delta=-line.quantity,
        reference=line.order.reference,
        created_at=line.order.created_at,
    )
    movement.line = line.pk
    return movement
