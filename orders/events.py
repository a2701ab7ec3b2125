"""What is told of an order: to the rooms above it as events, and to its own history about its money
(a change of its status is written there by orders/lifecycle.py).

All of it inside the transaction of the fact. Numbers in ``data`` are those of the moment; what has
become of the order since, its rows say.
"""

from mall.core import clock
from mall.core.events import Event
from mall.core.transactions import transactional
from orders.models import Order, OrderEvent

ORDER_PAID = "order_paid"
ORDER_SHIPPED = "order_shipped"
ORDER_COMPLETED = "order_completed"
ORDER_CANCELLED = "order_cancelled"
ORDER_REFUNDED = "order_refunded"
REFUND_REQUESTED = "refund_requested"
REFUND_REJECTED = "refund_rejected"
REFUND_SETTLED = "refund_settled"
COUPON_GRANTED = "coupon_granted"
FLASH_STARTING = "flash_starting"


# --- orders ----------------------------------------------------------------------
def paid(order: Order) -> Event:
    """Nothing is owed any more."""
    return _of_order(ORDER_PAID, order, order.paid_at)


def shipped(order: Order, *, actor: str) -> Event:
    """All that is not refunded was sent, the last parcel with ``carrier`` and ``tracking``."""
    words = {"carrier": order.carrier, "tracking": order.tracking_number}
    return _of_order(ORDER_SHIPPED, order, order.shipped_at, actor, words)


def completed(order: Order, *, actor: str) -> Event:
    """The goods arrived."""
    return _of_order(ORDER_COMPLETED, order, order.completed_at, actor)


def cancelled(order: Order, *, actor: str) -> Event:
    """The whole order was undone; ``was_paid``: after it had been paid."""
    words = {"was_paid": order.paid_at is not None}
    return _of_order(ORDER_CANCELLED, order, order.cancelled_at, actor, words)


# --- refunds ---------------------------------------------------------------------
def refund_requested(order: Order, refund) -> Event:
    """Somebody asked to give something back."""
    return _of_refund(REFUND_REQUESTED, order, refund, refund.requested_at, refund.requested_by)


def refund_rejected(order: Order, refund) -> Event:
    """The shop declined; the refund's note says why."""
    return _of_refund(REFUND_REJECTED, order, refund, refund.decided_at, refund.decided_by)


def refunded(order: Order, refund) -> Event:
    """A refund was approved: its points are back, its cash is on its way. Once per request."""
    return _of_refund(ORDER_REFUNDED, order, refund, refund.decided_at, refund.decided_by)


def refund_settled(order: Order, refund) -> Event:
    """The provider has sent the money back."""
    return _of_refund(REFUND_SETTLED, order, refund, clock.now(), "system")


# --- coupons and flash sessions --------------------------------------------------
def coupon_granted(coupon) -> Event:
    """A member was given, handed or sold a coupon."""
    data = {
        "coupon": coupon.pk,
        "template": coupon.template_id,
        "source": str(coupon.source),
        "points": coupon.price_points,
        "until": clock.day_of(coupon.expires_at).isoformat(),
    }
    reference = f"coupon:{coupon.pk}"
    return Event(COUPON_GRANTED, coupon.user_id, reference, coupon.granted_at, data=data)


def flash_starting(reminder) -> Event:
    """A session starts that a member asked to be told of; once per member and session."""
    reference = f"flash:{reminder.session_id}"
    data = {"session": reminder.session_id}
    return Event(FLASH_STARTING, reminder.user_id, reference, clock.now(), data=data)


# --- parts -----------------------------------------------------------------------
def _of_order(kind, order, at, actor=None, words=None):
    data = {
        "order": order.pk,
        "no": order.no,
        "placed_on": clock.day_of(order.created_at).isoformat(),
        "points": order.points,
        "cash": str(order.cash),
        "freight": str(order.freight),
        "coupon": bool(order.coupon_discount),
        **(words or {}),
    }
    return Event(kind, order.user_id, order.reference, at, actor or "system", data)


def _of_refund(kind, order, refund, at, actor):
    words = {
        "refund": refund.pk,
        "number": refund.number,
        "points": refund.points,
        "cash": str(refund.cash),
    }
    return _of_order(kind, order, at, actor, words)


# --- the order's own history -----------------------------------------------------
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
