"""What of chosen goods can still be had where some of them cannot: a way on with the others."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from catalog import shelf
from mall.core import clock
from orders import pricing


@dataclass(frozen=True, slots=True)
class Rest:
    """The lines ``(sku_id, quantity)`` that can be had, and the names of what cannot be had at
    all.
    """

    lines: tuple[tuple[int, int], ...]
    without: tuple[str, ...]


def rest_of(lines, *, as_of: datetime | None = None) -> Rest | None:
    """Return what can be had of ``lines``, fewer pieces where fewer are left; None where that is
    all of them, or nothing.

    Raises: InvalidLines.
    """
    wanted, as_of = pricing.normalise(lines), as_of or clock.now()
    offers = shelf.offers([sku_id for sku_id, _quantity in wanted])
    kept, without = [], []
    for sku_id, quantity in wanted:
        offer = offers.get(sku_id)
        if offer and offer.left > 0 and offer.sku.product.is_for_sale(as_of):
            kept.append((sku_id, min(quantity, offer.left)))
        else:
            name = offer and offer.sku.product.name
            without.append(name or gettext("what is not in our shop any more"))
    return Rest(tuple(kept), tuple(without)) if kept and kept != wanted else None
