"""What an order hands over as soon as it is paid, card keys, coupons and draw tickets: issued, keys
shown to their member after the password, taken back unseen and unused.
"""

from typing import NamedTuple

from django.db.models import F

from catalog import codes
from catalog.errors import KeyAlreadySeen
from catalog.models import DELIVERED_AT_ONCE, CardKey, Product
from mall.core import rows
from mall.core.transactions import transactional
from orders import shipping, tickets
from orders.coupons import goods as coupon_goods
from orders.models import OrderLine, RefundLine, RefundRequest
from orders.refunds.errors import NoCodes, NoPassword, RefundOpen, WrongPassword
from points import ledger

COUPON, TICKET = Product.Kind.COUPON.value, Product.Kind.TICKET.value


class LineAtOnce(NamedTuple):
    """A line whose pieces are handed over at once: its id, what it is of and how many pieces."""

    pk: int
    sku_id: int
    product_id: int
    quantity: int
    kind: str


def hand_over(account, order) -> int:
    """Issue a key, a coupon or a ticket for each piece of an order just paid, once; return how many
    were issued.

    Inside the transaction that pays. Raises: catalog.errors.OutOfStock.
    """
    if not (lines := _unsent(order)):
        return 0
    keys = [(line.pk, line.sku_id, line.quantity) for line in lines if _is_key(line)]
    issued = codes.issue(keys, reference=order.reference) if keys else 0
    issued += coupon_goods.issue(account, order, [line for line in lines if line.kind == COUPON])
    issued += tickets.issue(order, [line for line in lines if line.kind == TICKET])
    shipping.note_sent({line.pk: line.quantity for line in lines})
    return issued


def key_lines(order):
    """Return the lines of an order that are served with card keys."""
    return OrderLine.objects.filter(
        order_id=order.pk, product__kind=Product.Kind.CARD_KEY
    ).order_by("pk")


def _lines_at_once(order):
    served = OrderLine.objects.filter(order_id=order.pk, product__kind__in=DELIVERED_AT_ONCE)
    return served.annotate(kind=F("product__kind")).order_by("pk")


def _unsent(order) -> list[LineAtOnce]:
    """Return the lines that are handed over at once and were not. Nearly every order has none, and
    the ORM takes ten times as long to ask.
    """
    kinds = [kind.value for kind in DELIVERED_AT_ONCE]
    found = rows.fetch(
        f"SELECT l.id, l.sku_id, l.product_id, l.quantity, p.kind FROM {rows.table(OrderLine)} l "
        f"JOIN {rows.table(Product)} p ON p.id = l.product_id WHERE l.order_id = %s "
        f"AND p.kind IN ({rows.marks(kinds)}) AND l.shipped_quantity = 0 ORDER BY l.id",
        [order.pk, *kinds],
    )
    return [LineAtOnce(*row) for row in found]


def _is_key(line) -> bool:
    return line.kind == Product.Kind.CARD_KEY


def keys_of(order) -> list[CardKey]:
    """Return the issued keys of an order without their secrets: how many there are and which were
    seen.
    """
    keys = CardKey.objects.filter(reference=order.reference, state=CardKey.State.ISSUED)
    return list(keys.defer("secret").order_by("line", "position"))


@transactional
def reveal(order, *, user, password: str) -> list[CardKey]:
    """Return an order's keys with their secrets, after the member's password; who looked and when
    is noted.

    Raises: NoPassword, WrongPassword, NoCodes, RefundOpen (codes that are asked to be refunded are
    not shown).
    """
    if not user.has_usable_password():
        raise NoPassword
    if not user.check_password(password):
        raise WrongPassword
    # A refund may be approved at this moment: a key is either seen or returned, never both.
    ledger.open(order.user_id)
    lines = list(key_lines(order).values_list("pk", flat=True))
    if RefundLine.objects.filter(
        line__in=lines, request__status=RefundRequest.Status.REQUESTED
    ).exists():
        raise RefundOpen(status=order.status)
    keys = (
        codes.reveal(lines, actor=f"member:{user.pk}", reference=order.reference) if lines else []
    )
    if not keys:
        raise NoCodes
    return keys


def take_back(
    order, pieces: dict[int, int], *, actor: str, reference: str, seen_too: bool
) -> dict[int, int]:
    """Take back what was handed over for these lines (line id: pieces); return how many pieces of
    each are free to be sold again. Used coupons and drawn tickets are never taken back.

    Raises: catalog.errors.KeyAlreadySeen, unless ``seen_too``; CouponGoodsUsed, or what is used.
    """
    free = {}
    for line in _lines_at_once(order).filter(pk__in=pieces).order_by("sku_id"):
        if _is_key(line):
            free[line.pk] = codes.take_back(
                line.pk, pieces[line.pk], actor=actor, reference=reference, seen_too=seen_too
            )
        else:
            room = coupon_goods if line.kind == COUPON else tickets
            free[line.pk] = room.take_back(order, line.pk, pieces[line.pk])
    return free


def check_returnable(order, pieces: dict[int, int]) -> None:
    """Refuse to return more of a line (line id: pieces) than codes nobody has looked at, or coupons
    and tickets nobody has used. Raises: catalog.errors.KeyAlreadySeen, CouponGoodsUsed, or what
    tickets refuse.
    """
    if not pieces:
        return
    lines = list(_lines_at_once(order).filter(pk__in=pieces))
    keys = {line.pk: pieces[line.pk] for line in lines if _is_key(line)}
    unseen = codes.unseen(keys) if keys else {}
    for line, quantity in keys.items():
        if unseen[line] < quantity:
            raise KeyAlreadySeen(unseen=unseen[line])
    for kind, room in ((COUPON, coupon_goods), (TICKET, tickets)):
        of_kind = [line.pk for line in lines if line.kind == kind]
        room.check_unused(order, {pk: pieces[pk] for pk in of_kind})
