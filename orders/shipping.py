"""Parcels: which pieces of an order wait to be sent, and the rows of those that left. Status is
orders/lifecycle.py's.

Pieces refunded before they were sent are withheld and never leave; card keys count as sent when
they are issued.
"""

from django.db.models import F, Max

from mall.core import clock
from orders.dispatch import carriers
from orders.models import OrderLine, Shipment, ShipmentLine
from orders.refunds.errors import NothingToSend


def waiting(order) -> list[OrderLine]:
    """Return the lines of an order of which pieces wait to be sent, read afresh."""
    lines = OrderLine.objects.filter(order_id=order.pk).select_related("product")
    return [line for line in lines if line.waiting_quantity]


def pack(
    account, order, *, actor: str, carrier: str, number: str, pieces: dict[int, int] | None = None
) -> tuple[Shipment, bool]:
    """Write a parcel with these pieces (line id: quantity; None: all that wait); return it and
    whether it was the last.

    Raises: NothingToSend, points.locked_account.NotHeld.
    """
    account.check_held()
    lines = {line.pk: line for line in waiting(order)}
    if pieces is None:
        pieces = {pk: line.waiting_quantity for pk, line in lines.items()}
    if not pieces or any(
        pk not in lines or not 1 <= quantity <= lines[pk].waiting_quantity
        for pk, quantity in pieces.items()
    ):
        raise NothingToSend
    known = carriers.find(carrier)
    last = Shipment.objects.filter(order=order).aggregate(n=Max("number"))["n"] or 0
    parcel = Shipment.objects.create(
        order=order,
        number=last + 1,
        carrier=carrier,
        carrier_code=known.code if known else "",
        tracking_number=number,
        actor=actor,
        at=clock.now(),
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=parcel, line_id=pk, quantity=quantity)
        for pk, quantity in pieces.items()
    )
    note_sent(pieces)
    return parcel, all(line.waiting_quantity == pieces.get(pk, 0) for pk, line in lines.items())


def note_sent(pieces: dict[int, int]) -> None:
    """Count pieces as sent; the CHECK of the line refuses more than there are."""
    for pk, quantity in sorted(pieces.items()):
        OrderLine.objects.filter(pk=pk).update(shipped_quantity=F("shipped_quantity") + quantity)
