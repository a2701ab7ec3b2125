"""What of chosen goods can still be had where some of them cannot: a way on with the others."""

from dataclasses import dataclass

from django.utils.translation import gettext

from orders import pricing
from orders.basket import standing
from orders.basket.contents import Line
from orders.freight import Destination


@dataclass(frozen=True, slots=True)
class Rest:
    """The lines ``(sku_id, quantity)`` that can be had, and the names of what cannot be had at
    all.
    """

    lines: tuple[tuple[int, int], ...]
    without: tuple[str, ...]


def rest_of(user, lines, *, to: Destination | None = None) -> Rest | None:
    """Return what a member can have of ``lines``, fewer pieces where stock or a limit lets fewer
    through, and what is delivered (to the default address unless said); None where that is all of
    them, or nothing.

    Raises: InvalidLines.
    """
    wanted = pricing.normalise(lines)
    stands = standing.look(user, {sku: Line(sku, quantity) for sku, quantity in wanted}, to=to)
    rows = {row.sku.pk: row for row in stands.rows}
    kept, without = [], []
    for sku, quantity in wanted:
        row = rows.get(sku)
        if row and row.most:
            kept.append((sku, min(quantity, row.most)))
        else:
            name = row and row.sku.product.name
            without.append(name or gettext("what is not in our shop any more"))
    return Rest(tuple(kept), tuple(without)) if kept and kept != wanted else None
