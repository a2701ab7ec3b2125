"""The pool of a session: what lies in it, what a cancelled order puts back, and who believes it is
empty.

An order's lifecycle calls it, so it knows nothing of checkout; redeeming stands above both
(orders/flash/redemption.py).
"""

import time
from functools import partial

from django.db import transaction

from catalog import stock_buckets
from orders.flash import gate
from orders.models import FlashClaim, OrderLine

SOLD_OUT_SECONDS = 0.1  # so long "sold out" is believed without asking again
_sold_out: dict[int, float] = {}


def put_back(account, order, *, lost: int = 0) -> list[OrderLine]:
    """Return a cancelled order's flash pieces, once, and the lines taken care of; ordinary orders
    have none.

    Back into the session's pool while it is open, else on the shelf. Pieces
    ``lost`` for good (card keys somebody saw) stay with the claim.
    """
    claim = (
        FlashClaim.objects.select_related("item")
        .filter(user_id=account.user_id, order=order)
        .first()
    )
    if claim is None:
        return []
    item = claim.item
    back = claim.quantity - lost
    kept = {"quantity": lost} if lost else {"is_live": False}
    if back and FlashClaim.objects.filter(
        pk=claim.pk, is_live=True, quantity=claim.quantity
    ).update(**kept):
        reference = f"{item.reference}:{order.no}"
        stock_buckets.put_back(
            item.pk, home(account.user_id, item), back, sku_id=item.sku_id, reference=reference
        )
        # A hint for the hint; lost, the gate finds out by itself within a second.
        transaction.on_commit(partial(_tell_gate, item.pk, account.user_id, back))
    return list(order.lines.all())


def home(user_id: int, item) -> int:
    """Return the bucket a member's pieces come from and go back to."""
    return user_id % item.buckets


def is_believed_empty(item_id: int) -> bool:
    """Say whether this process was told a moment ago that nothing is left."""
    return time.monotonic() < _sold_out.get(item_id, 0)


def believe_empty(item_id: int) -> None:
    """Believe for SOLD_OUT_SECONDS that nothing is left."""
    _sold_out[item_id] = time.monotonic() + SOLD_OUT_SECONDS


def _tell_gate(item_id, user_id, quantity):
    _sold_out.pop(item_id, None)
    gate.give(item_id, user_id, quantity)
