"""Card keys of an order: issued when it is paid, shown to its member after the password, taken back
unseen.
"""

from catalog import codes
from catalog.errors import KeyAlreadySeen
from catalog.models import CardKey, Product
from mall.core import rows
from mall.core.transactions import transactional
from orders import shipping
from orders.models import OrderLine, RefundLine, RefundRequest
from orders.refunds.errors import NoCodes, NoPassword, RefundOpen, WrongPassword
from points import ledger


def issue_keys(order) -> int:
    """Issue a key for each piece of an order just paid, once; return how many were issued.

    Inside the transaction that pays. Raises: catalog.errors.OutOfStock.
    """
    # nearly every order has none, and the ORM takes ten times as long to ask
    lines = rows.fetch(
        f"SELECT l.id, l.sku_id, l.quantity FROM {rows.table(OrderLine)} l "
        f"JOIN {rows.table(Product)} p ON p.id = l.product_id "
        f"WHERE l.order_id = %s AND p.kind = %s AND l.shipped_quantity = 0 ORDER BY l.id",
        [order.pk, Product.Kind.CARD_KEY.value],
    )
    if not lines:
        return 0
    issued = codes.issue(lines, reference=order.reference)
    shipping.note_sent({pk: quantity for pk, _sku, quantity in lines})
    return issued


def key_lines(order):
    """Return the lines of an order that are served with card keys."""
    return OrderLine.objects.filter(
        order_id=order.pk, product__kind=Product.Kind.CARD_KEY
    ).order_by("pk")


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
    """Take back keys of these lines (line id: pieces); return how many of each are free to be sold
    again.

    Raises: catalog.errors.KeyAlreadySeen, unless ``seen_too``.
    """
    lines = key_lines(order).filter(pk__in=pieces).order_by("sku_id")
    return {
        line.pk: codes.take_back(line.pk, pieces[line.pk], actor=actor, reference=reference,
        seen_too=seen_too)
        for line in lines
    }  # fmt: skip


def check_unseen(pieces: dict[int, int]) -> None:
    """Refuse to return more codes of a line (line id: pieces) than nobody has looked at. Raises:
    catalog.errors.KeyAlreadySeen.
    """
    unseen = codes.unseen(pieces) if pieces else {}
    for line, quantity in pieces.items():
        if unseen[line] < quantity:
            raise KeyAlreadySeen(unseen=unseen[line])
