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
SOLD = Question()  # -> {product id: pieces paid for and kept, ever}
LACKING = Question()  # product -> what it lacks to be sold, in words; nothing where all is there


def is_sold(product_id: int) -> bool:
    """Say whether an order ever took a piece of this product."""
    return any(IS_SOLD.ask(product_id))


def pieces(after, until) -> dict[int, int]:
    """Return the pieces that orders placed in (after, until] took, by product."""
    return _added_up(PIECES.ask(after, until))


def sold() -> dict[int, int]:
    """Return the pieces of each product that were ever paid for and kept."""
    return _added_up(SOLD.ask())


def _added_up(answers) -> dict[int, int]:
    total: dict[int, int] = {}
    for answer in answers:
        for product_id, number in answer.items():
            total[product_id] = total.get(product_id, 0) + number
    return total
