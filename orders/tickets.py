"""Goods that are tickets: given for each piece that is paid for, in the transaction that pays, and
returned while unused. Which tickets they are a room above knows; it answers here.
"""

from datetime import datetime

from catalog.models import Product
from mall.core.errors import DomainError
from mall.core.events import Question

ISSUE = Question()  # (order, lines) -> how many tickets were given, once per line and piece
CHECK_UNUSED = Question()  # (order, {line id: pieces}) -> None; raises where more were used
TAKE_BACK = Question()  # (order, line id, pieces) -> how many were taken back: all of them
REFUSALS = Question()  # (product ids, an instant) -> {product id: why it cannot be had any more}


def issue(order, lines) -> int:
    """Give a ticket for each piece of these lines of an order just paid; return how many are
    new.
    """
    return sum(ISSUE.ask(order, lines)) if lines else 0


def check_unused(order, pieces: dict[int, int]) -> None:
    """Refuse to return more pieces of a line (line id: pieces) than have tickets nobody has
    used.
    """
    if pieces:
        CHECK_UNUSED.ask(order, pieces)


def take_back(order, line: int, quantity: int) -> int:
    """Take back so many unused tickets of a line; return how many: all of them."""
    return sum(TAKE_BACK.ask(order, line, quantity))


def check(wishes, as_of: datetime) -> None:
    """Refuse goods whose tickets nobody could use any more once they are paid for."""
    for refusal in refusals([wish.sku.product for wish in wishes], as_of).values():
        raise refusal


def refusals(products, as_of: datetime) -> dict[int, DomainError]:
    """Return why, by id, for those of these products that cannot be had any more."""
    wanted = {product.pk: product for product in products if product.kind == Product.Kind.TICKET}
    found = {}
    for answer in REFUSALS.ask(wanted, as_of) if wanted else ():
        found.update(answer)
    return found
