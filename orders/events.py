"""What is told about an order's money; a change of its status is told by orders/lifecycle.py."""

from mall.core import clock
from mall.core.transactions import transactional
from orders.models import Order, OrderEvent


@transactional
def note_money(
    order_id: int, kind: str, *, actor: str, note: str = "", status: str | None = None
) -> None:
    """Write an event that changes no status: a failed payment, late money, money returned.

    ``status`` is the order's where the caller has just read it under the member's lock.

    Not idempotent by itself: the row of the notice or refund that the caller writes decides.
    """
    if status is None:
        status = Order.objects.values_list("status", flat=True).get(pk=order_id)
    OrderEvent.objects.create(
        order_id=order_id,
        kind=kind,
        from_status=status,
        to_status=status,
        actor=actor,
        note=note,
        at=clock.now(),
    )
