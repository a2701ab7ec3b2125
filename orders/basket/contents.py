"""What lies in a basket, and what can be done with it: plain values, whoever keeps them.

Quantities are whole pieces, 1 to 99. Lines keep the order in which they came.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from catalog.models import MAX_QUANTITY
from orders.basket.errors import BasketChanged, BasketFull
from orders.pricing import MAX_LINES

MOST_SAVED = 50


@dataclass(frozen=True, slots=True)
class Line:
    """So many pieces of a SKU; ``key`` is that of the page that added last."""

    sku: int
    quantity: int
    is_saved: bool = False
    key: str = ""


Lines = dict[int, Line]


def pieces(lines: Lines) -> int:
    """Return how many pieces are to be ordered; what is saved for later does not count."""
    return sum(line.quantity for line in lines.values() if not line.is_saved)


def put(lines: Lines, sku: int, quantity: int, *, is_saved: bool | None = None) -> Lines:
    """Have exactly so many pieces of a SKU; where it lay it stays, unless ``is_saved`` says.

    Raises: BasketFull.
    """
    there = lines.get(sku, Line(sku, quantity))
    place = there.is_saved if is_saved is None else is_saved
    return _with(lines, replace(there, quantity=quantity, is_saved=place))


def add(lines: Lines, sku: int, quantity: int, *, key: str = "") -> Lines:
    """Have so many pieces more to order, 99 at most; the same key once more adds nothing.

    Raises: BasketFull.
    """
    there = lines.get(sku)
    if there is None or there.is_saved:
        return _with(lines, Line(sku, min(quantity, MAX_QUANTITY), key=key))
    if key and there.key == key:
        return lines
    total = min(there.quantity + quantity, MAX_QUANTITY)
    return _with(lines, replace(there, quantity=total, key=key))


def remove(lines: Lines, sku: int) -> Lines:
    """Have none of a SKU."""
    return {name: line for name, line in lines.items() if name != sku}


def at_least(lines: Lines, wanted: Iterable[Line]) -> Lines:
    """Have at least these pieces: of each SKU the larger number counts, so that the same basket
    twice is one. What finds no room to be ordered is saved for later (``set_aside`` names it).
    """
    for line in wanted:
        there = lines.get(line.sku)
        if there is not None:
            saved = there.is_saved and line.is_saved
            more = max(there.quantity, line.quantity)
            line = replace(there, quantity=more, is_saved=saved)
        lines = _where_room_is(lines, line)
    return lines


def set_aside(lines: Lines, wanted: Iterable[Line]) -> list[int]:
    """Return the SKUs that were wanted to be ordered and lie saved for later, or found no room."""
    ordered = {sku for sku, line in lines.items() if not line.is_saved}
    return [line.sku for line in wanted if not line.is_saved and line.sku not in ordered]


def take(lines: Lines, wanted: Iterable[tuple[int, int]]) -> Lines:
    """Take what was ordered, ``(sku, quantity)``, out; more than there are takes all.

    Raises: BasketChanged where one of the SKUs is not there to be ordered.
    """
    for sku, quantity in wanted:
        there = lines.get(sku)
        if there is None or there.is_saved:
            raise BasketChanged
        if there.quantity > quantity:
            lines = {**lines, sku: replace(there, quantity=there.quantity - quantity)}
        else:
            lines = remove(lines, sku)
    return lines


def _where_room_is(lines, line) -> Lines:
    """Return the lines with one more, saved for later where only there is room for it."""
    for is_saved in (line.is_saved, True):
        try:
            return _with(lines, replace(line, is_saved=is_saved))
        except BasketFull:
            continue
    return lines


def _with(lines, line) -> Lines:
    """Return the lines with one more, or another in its place. Raises: BasketFull."""
    there = lines.get(line.sku)
    if there is None or there.is_saved != line.is_saved:
        beside = sum(other.is_saved == line.is_saved for other in lines.values())
        most = MOST_SAVED if line.is_saved else MAX_LINES
        if beside >= most:
            raise BasketFull(most=most)
    return {**lines, line.sku: line}
