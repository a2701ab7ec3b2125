"""Pieces that left the shelf with an order: no row of the movements log, because the order's line
says it already. Whoever sells answers here for what was sold.
"""

from catalog.models import StockMovement
from mall.core.events import Question

# Every order took its pieces by its lines, also those of releases that logged it besides.
LOGGED_SALE = {"direction": StockMovement.Direction.TAKE, "reference__startswith": "order:"}

IS_SOLD = Question()  # product id -> whether an order ever took a piece from the shelf
PIECES = Question()  # (after, until) -> {product id: pieces taken in orders placed then}
# (SKU id, line id, limit) -> sales as a log of movements would have them, each with its ``line``
NEWEST = Question()  # before that line, newest first
NEXT = Question()  # from that line on, oldest first


def is_sold(product_id: int) -> bool:
    """Say whether an order ever took a piece of this product."""
    return any(IS_SOLD.ask(product_id))


def pieces(after, until) -> dict[int, int]:
    """Return the pieces that orders placed in (after, until] took, by product."""
    total: dict[int, int] = {}
    for sold in PIECES.ask(after, until):
        for product_id, number in sold.items():
            total[product_id] = total.get(product_id, 0) + number
    return total
