"""What waits to be packed: paid orders with goods to deliver, those that may travel together side
by side.
"""

from dataclasses import dataclass

from mall.core.versions import version_of
from orders.models import Order, OrderLine

ROWS = 50  # on one page
TOGETHER_MAX = 50  # further orders of the members on a page


@dataclass(frozen=True)
class Waiting:
    """An order that waits, the pieces that are still to be sent, and where to. ``follows``: whether
    the one above it goes to the same member at the same address.
    """

    order: Order
    lines: tuple[OrderLine, ...]
    address: dict
    follows: bool = False

    @property
    def pieces(self) -> dict[int, int]:
        """What the parcel holds: line id, pieces."""
        return {line.pk: line.waiting_quantity for line in self.lines}

    @property
    def version(self) -> str:
        """The mark of what is to be packed."""
        return version_of(self.order.status, sorted(self.pieces.items()), self.address)


def orders(among=None):
    """Return the orders (``among`` some, or all) of which something to deliver waits, the oldest
    first.
    """
    rows = Order.objects.all() if among is None else among
    waits = {"status": Order.Status.PAID, "is_physical": True, "refunded_at__isnull": True}
    return rows.filter(**waits).order_by("pk")


def page_of(*, after: int = 0, only: list[int] | None = None) -> list[Waiting]:
    """Return ROWS of what waits behind an order, or of ``only`` these orders; with them what else
    waits for the same members.
    """
    found = orders().filter(pk__in=only) if only else orders().filter(pk__gt=after)
    chosen = list(found.select_related("user")[:ROWS])
    if not only:
        members = {order.user_id for order in chosen}
        known = {order.pk for order in chosen}
        more = orders().filter(user_id__in=members).exclude(pk__in=known).select_related("user")
        chosen += [order for order in more[:TOGETHER_MAX] if order.pk > after]
    return side_by_side(of(chosen))


def of(chosen: list[Order]) -> list[Waiting]:
    """Return what waits of these orders; one of which nothing waits has no lines."""
    lines = OrderLine.objects.filter(order__in=chosen).select_related("product")
    by_order = {}
    for line in lines:
        if line.waiting_quantity:
            by_order.setdefault(line.order_id, []).append(line)
    return [Waiting(one, tuple(by_order.get(one.pk, ())), one.address) for one in chosen]


def side_by_side(rows: list[Waiting]) -> list[Waiting]:
    """Return the rows with those of one member to one address one after the other, where the first
    of them stood.
    """
    groups = {}
    for row in rows:
        groups.setdefault(destination(row.order.user_id, row.address), []).append(row)
    return [
        Waiting(row.order, row.lines, row.address, follows=place > 0)
        for group in groups.values()
        for place, row in enumerate(group)
    ]


def destination(user_id: int, address: dict) -> tuple:
    """Return what two orders share that may travel in one parcel."""
    return user_id, *sorted(address.items())
