"""What goes back when an order is cancelled or refunded: points to the lots they came from, cash to
its payer, card keys to the shop.

Called inside the transaction that decides it; each part goes back once by its key.
"""

from decimal import Decimal

from orders import actors, delivery
from orders.models import PaymentNotice, PaymentRefund
from orders.payments import cash_out
from points import ledger


def points_key(order) -> str:
    """Return the key of the posting that took an order's points."""
    return f"{order.reference}:{'capture' if order.cash else 'spend'}"


def asked_of_points(order, key: str) -> list[ledger.Posting]:
    """Return what giving points back will ask of earlier entries, to be read with the lock."""
    if not order.points:
        return []
    return [ledger.Posting(order.user_id, None, key=key, of_key=points_key(order))]


def give_points(account, order, *, points: int, key: str, at_fault: bool = False) -> None:
    """Return points of an order to their lots, with their days; ``at_fault`` as for the ledger's
    refund.
    """
    if points:
        account.refund(
            of_key=points_key(order),
            points=points,
            key=key,
            reference=order.reference,
            at_fault=at_fault,
        )


def give_cash(
    account, order, *, key: str, reason: str, amount: Decimal | None = None
) -> PaymentRefund:
    """Ask for yuan of a settled order to go back through the provider that received them (None:
    all).
    """
    settled = PaymentNotice.objects.select_related("payment__order").get(
        payment__order=order, outcome=PaymentNotice.Outcome.SETTLED
    )
    return cash_out.request(
        account,
        settled.payment,
        key=key,
        reason=reason,
        amount=settled.amount if amount is None else amount,
        paid_ref=settled.provider_ref,
        fresh=True,  # the order, or its refund, has just been decided
    )


def take_delivered(order, pieces: dict[int, int], *, actor: str) -> dict[int, int]:
    """Take back the card keys and coupons of a cancelled order (line id: pieces); return how many
    pieces of each line stay lost because their keys were seen.

    Raises: catalog.errors.KeyAlreadySeen, unless a colleague cancels; CouponGoodsUsed.
    """
    seen_too = actors.is_colleague(actor, order)
    free = delivery.take_back(
        order, pieces, actor=actor, reference=order.reference, seen_too=seen_too
    )
    return {pk: quantity - free[pk] for pk, quantity in pieces.items()}
