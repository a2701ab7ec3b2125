"""What the packing table prints: a slip for each parcel, and the list to pick the goods by."""

from collections import Counter
from dataclasses import dataclass

import qrcode
import qrcode.image.svg
from django.utils.safestring import SafeString, mark_safe

from mall.core import audit
from orders.dispatch import waiting

SLIPS_MAX = 200
QUIET_MODULES = 2


@dataclass(frozen=True)
class Slip:
    """One parcel: the orders in it, which go to one member at one address."""

    rows: tuple[waiting.Waiting, ...]

    @property
    def address(self) -> dict:
        """Where it goes."""
        return self.rows[0].address

    @property
    def codes(self) -> list[tuple[str, SafeString]]:
        """The order numbers, each with a picture that a scanner reads."""
        return [(row.order.no, picture_of(row.order.no)) for row in self.rows]


def slips_of(orders, *, operator) -> list[Slip]:
    """Return the slips of those of these orders that wait to be sent, SLIPS_MAX orders at most; who
    opened them is written down.
    """
    found = waiting.of(list(waiting.orders(orders).select_related("user")[:SLIPS_MAX]))
    parcels = []
    for row in waiting.side_by_side([row for row in found if row.lines]):
        if row.follows:
            parcels[-1].append(row)
        else:
            parcels.append([row])
    if found:
        nos = [row.order.no for row in found]
        audit.note(operator, "orders.print_slips", target="orders", after={"orders": nos})
    return [Slip(tuple(rows)) for rows in parcels]


def to_pick(slips: list[Slip]) -> list[tuple[str, str, int]]:
    """Return (product, variant, pieces) of all slips, as the shelf is walked along: by name."""
    pieces = Counter()
    for slip in slips:
        for row in slip.rows:
            for line in row.lines:
                pieces[line.product_name, line.sku_name] += line.waiting_quantity
    return [(product, sku, number) for (product, sku), number in sorted(pieces.items())]


def picture_of(text: str) -> SafeString:
    """Return a QR code of an order's number as an SVG picture."""
    code = qrcode.QRCode(border=QUIET_MODULES, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    drawn = code.make_image(image_factory=qrcode.image.svg.SvgPathImage)
    return mark_safe(drawn.to_string(encoding="unicode"))  # noqa: S308 - our own number, drawn
