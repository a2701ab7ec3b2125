"""Goods that are tickets of a draw: which draw, given when they are paid for, returned while nobody
has drawn them. Asked by orders/tickets.py.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalog.models import Product
from marketing.draws import tickets
from marketing.draws.errors import DrawGoodsOver, TicketUsed
from marketing.models import Draw, DrawGoods, DrawTicket
from orders.models import CheckoutPolicy

GOODS = DrawTicket.Source.GOODS


def lacking(product) -> str:
    """Return what a product lacks to be sold as a ticket, in words; nothing where it is another
    kind of goods, or all is there.
    """
    if product.kind != Product.Kind.TICKET:
        return ""
    goods = DrawGoods.objects.select_related("draw").filter(pk=product.pk).first()
    if goods is None:
        return _("Say first of which draw it is a ticket.")
    return complaint(goods.draw)


def complaint(draw: Draw) -> str:
    """Return why tickets of a draw cannot be sold as goods, in words; else nothing."""
    if draw.status in (Draw.Status.ANNOUNCED, Draw.Status.OPEN):
        return ""
    return _("“%(draw)s” is not announced, or is over.") % {"draw": draw}


def refusals(products: dict[int, Product], as_of: datetime) -> dict[int, DrawGoodsOver]:
    """Return why, by id, for those of these products whose draw will be over before they are paid
    for.
    """
    last = as_of + timedelta(minutes=CheckoutPolicy.current().payment_window_minutes)
    given = DrawGoods.objects.select_related("draw").in_bulk(products)
    usable = (Draw.Status.ANNOUNCED, Draw.Status.OPEN)
    return {
        pk: DrawGoodsOver(product=product.name)
        for pk, product in products.items()
        if pk not in given or given[pk].draw.status_at(last) not in usable
    }


def issue(order, lines) -> int:
    """Give the member a ticket for each piece of these lines of an order just paid; return how many
    are new. What was paid for is given, whatever became of its draw since: it can be returned.
    """
    given = DrawGoods.objects.in_bulk([line.product_id for line in lines])
    number = 0
    for line in lines:
        draw_id = given[line.product_id].draw_id
        keys = [f"{_of_line(line.pk)}{piece}" for piece in range(1, line.quantity + 1)]
        number += tickets.give(order.user_id, draw_id, keys, GOODS)
    return number


def check_unused(order, pieces: dict[int, int]) -> None:
    """Refuse to return more pieces of a line (line id: pieces) than have a ticket nobody has drawn.
    Raises: TicketUsed.
    """
    for line, quantity in pieces.items():
        unused = tickets.unused_of(order.user_id, _of_line(line)).count()
        if unused < quantity:
            raise TicketUsed(unused=unused)


def take_back(order, line: int, quantity: int) -> int:
    """Take back so many tickets of a line that nobody has drawn; return how many: all of them.
    Raises: TicketUsed.
    """
    taken = tickets.take_back(order.user_id, _of_line(line), most=quantity)
    if taken < quantity:
        raise TicketUsed(unused=taken)
    return quantity


def line_of(key: str) -> int:
    """Return the line of an order whose piece gave the ticket of a key."""
    return int(key.split(":")[1])


def _of_line(line_id) -> str:
    return f"line:{line_id}:"
