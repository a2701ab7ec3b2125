"""What a ticket has won, taken from what is left and handed over.

Points, coupons and what needs no address arrive in the transaction that draws; goods that are sent
wait until their member says where to, and then come by an order that costs nothing and goes the way
of every order. Its piece was set aside when the draw was announced: it leaves the pool for the
shelf and the shelf for the order, in one transaction, so the books of the shelf close as ever.
"""

from django.db import transaction
from django.db.models import F

from accounts.models import Address
from catalog import stock, stock_buckets
from catalog.models import Product
from mall.core import clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional
from marketing.draws.errors import ClaimOver, NoSuchPrize
from marketing.models import DrawPrize, DrawTicket
from orders import gifts
from orders.coupons import lifecycle as coupons
from orders.models import Order
from points import budgets, ledger, tiers

Kind = DrawPrize.Kind


def take(account, ticket: DrawTicket, prize: DrawPrize) -> bool:
    """Take one of what is left of a prize and hand it over; False where it cannot be given any more
    and nothing was done. Under the draw's lock, which makes what is left exact.
    """
    if prize.kind == Kind.POINTS and not _afford(ticket, prize):
        return False
    if prize.kind == Kind.COUPON and not _hand_coupon(ticket, prize):
        return False
    left = DrawPrize.objects.filter(pk=prize.pk, stock__isnull=False, drawn__lt=F("stock"))
    endless = DrawPrize.objects.filter(pk=prize.pk, stock__isnull=True)
    if not (endless if prize.stock is None else left).update(drawn=F("drawn") + 1):
        raise RuntimeError(f"Prize {prize.pk} was drawn without the draw's lock.")
    if prize.kind == Kind.POINTS:
        _credit(account, ticket, prize)
    return True


def _afford(ticket, prize) -> bool:
    """Whether the draw's budget, where it has one, still bears the points."""
    return budgets.take(ticket.draw.reference, prize.points)


def _credit(account, ticket, prize) -> None:
    entry = account.accrue(
        points=prize.points,
        key=ticket.reference,
        reference=ticket.reference,
        fresh=True,  # the number was given a moment ago
    )
    tiers.note_earned(ticket.user_id, entry.worth)


def _hand_coupon(ticket, prize) -> bool:
    """Give the coupon; False when no more are given out."""
    try:
        with transaction.atomic():  # what a refused hand-out had begun goes, the ticket stays
            coupons.grant(ticket.user_id, prize.coupon_id, key=ticket.reference)
    except DomainError:
        return False
    return True


# --- goods ------------------------------------------------------------------------
def is_sent_at_once(prize: DrawPrize) -> bool:
    """Whether goods need no address."""
    return prize.is_goods and prize.sku.product.kind != Product.Kind.PHYSICAL


def claim(user, code: str, number: int, *, address: int | Address | None = None) -> Order:
    """Have the goods of a winning ticket sent to an address of one's own, or the default one;
    returns the order. Idempotent: a second call returns the same order.

    Raises: NoSuchPrize, ClaimOver, orders.errors.AddressNeeded, NotDelivered, AddressUnclear.
    """
    return _claim(user, code, number, address=address)


@transactional
def _claim(user, code, number, *, address) -> Order:
    account = ledger.open(user.pk)
    found = DrawTicket.objects.select_related("draw", "prize__sku__product", "order")
    ticket = found.filter(user=user, draw__code=code, number=number).first()
    if ticket is None or not ticket.prize.is_goods:
        raise NoSuchPrize
    if ticket.order_id is not None:
        return ticket.order
    if clock.now() >= ticket.draw.claimable_until:
        raise ClaimOver
    return order(account, user, ticket, address=address)


def order(account, user, ticket: DrawTicket, *, address=None) -> Order:
    """Place the order of a ticket's goods and note it. Raises: ClaimOver,
    orders.errors.AddressNeeded, NotDelivered, AddressUnclear.
    """
    account.check_held()
    prize = ticket.prize
    placed = gifts.give(user, prize.sku, key=ticket.reference, address=address)
    DrawTicket.objects.filter(pk=ticket.pk).update(order=placed)
    ticket.order = placed
    # The hot rows come last: the pool's bucket, then the shelf.
    if not stock_buckets.take_one(prize.pool, 0, 1):
        raise ClaimOver  # the pool was closed a moment ago
    stock.put_back([(prize.sku_id, 1)], reference=f"{prize.reference}:{ticket.number}")
    stock.sell([(prize.sku_id, 1)])
    return placed
