"""What is told of an order: to the rooms above it, and to its own history (orders/models/event.py).

All of it inside the transaction of the fact. Numbers in ``data`` are those of the moment; what has
become of the order since, its rows say.
"""

from mall.core import clock
from mall.core.events import Event
from orders.models import Order, OrderEvent

Kind = OrderEvent.Kind
ORDER_PAID = Kind.PAID.value
ORDER_SHIPPED = Kind.SHIPPED.value
ORDER_COMPLETED = Kind.COMPLETED.value
ORDER_AUTO_COMPLETED = Kind.AUTO_COMPLETED.value
ORDER_CANCELLED = Kind.CANCELLED.value
ORDER_TIMED_OUT = Kind.TIMED_OUT.value
ORDER_NOTE = Kind.NOTE.value
ORDER_REFUNDED = Kind.REFUND_APPROVED.value
REFUND_REQUESTED = Kind.REFUND_REQUESTED.value
REFUND_REJECTED = Kind.REFUND_REJECTED.value
REFUND_SETTLED = "refund_settled"
COUPON_GRANTED = "coupon_granted"
FLASH_STARTING = "flash_starting"
BACK_IN_STOCK = "back_in_stock"
LOT_SETTLED = "lot_settled"


# --- orders ----------------------------------------------------------------------
def placed(order: Order) -> Event:
    """A member ordered."""
    moved = {"from": "", "to": Order.Status.PENDING.value}
    return _of_order(Kind.PLACED, order, order.created_at, _member_of(order), moved)


def paid(order: Order, *, actor: str | None = None, note: str = "") -> Event:
    """Nothing is owed any more; ``actor``: the provider that told, the member by default."""
    moved = {"from": Order.Status.PENDING.value, "to": Order.Status.PAID.value}
    return _of_order(Kind.PAID, order, order.paid_at, actor or _member_of(order), moved, note)


def shipped(order: Order, *, actor: str, note: str = "") -> Event:
    """All that is not refunded was sent, the last parcel with ``carrier`` and ``tracking``."""
    moved = {"from": Order.Status.PAID.value, "to": Order.Status.SHIPPED.value}
    words = {"carrier": order.carrier, "tracking": order.tracking_number, **moved}
    return _of_order(Kind.SHIPPED, order, order.shipped_at, actor, words, note)


def sent(order: Order, kind: Kind, *, actor: str, note: str = "") -> Event:
    """An order left the shop without a parcel: its card keys are all that was left to send
    (KEYS_ISSUED), or the rest was refunded (SENT).
    """
    moved = {"from": Order.Status.PAID.value, "to": Order.Status.SHIPPED.value}
    return _of_order(kind, order, order.shipped_at, actor, moved, note)


def completed(order: Order, *, actor: str, kind: Kind = Kind.COMPLETED) -> Event:
    """The goods arrived, or are taken as arrived (AUTO_COMPLETED)."""
    moved = {"from": Order.Status.SHIPPED.value, "to": Order.Status.COMPLETED.value}
    return _of_order(kind, order, order.completed_at, actor, moved)


def cancelled(
    order: Order, *, was: str, actor: str, note: str = "", kind: Kind = Kind.CANCELLED
) -> Event:
    """The whole order was undone, or was not paid in time (TIMED_OUT); ``was``: its status before.
    ``was_paid`` in the data: after it had been paid.
    """
    moved = {"from": str(was), "to": Order.Status.CANCELLED.value}
    words = {"was_paid": order.paid_at is not None, **moved}
    return _of_order(kind, order, order.cancelled_at, actor, words, note)


def noted(order: Order, kind: Kind, *, actor: str, note: str = "") -> Event:
    """Something happened that changes no status: a parcel, a failed payment, late money, money
    returned, codes.

    Not idempotent by itself: the row that the caller writes beside it decides.
    """
    return _of_order(kind, order, clock.now(), actor, _unmoved(order), note)


# --- refunds ---------------------------------------------------------------------
def refund_requested(order: Order, refund) -> Event:
    """Somebody asked to give something back."""
    at, actor = refund.requested_at, refund.requested_by
    return _of_refund(Kind.REFUND_REQUESTED, order, refund, at, actor)


def refund_rejected(order: Order, refund) -> Event:
    """The shop declined; the refund's note says why."""
    return _decided(Kind.REFUND_REJECTED, order, refund)


def refund_withdrawn(order: Order, refund) -> Event:
    """Whoever asked, or the order's end, took a request back."""
    return _decided(Kind.REFUND_WITHDRAWN, order, refund)


def refunded(order: Order, refund) -> Event:
    """A refund was approved: its points are back, its cash is on its way. Once per request."""
    return _decided(Kind.REFUND_APPROVED, order, refund)


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


def flash_starting(reminder, minutes_early: int = 0) -> Event:
    """A session starts that a member asked to be told of, and lets them in so many minutes earlier;
    once per member and session.
    """
    reference = f"flash:{reminder.session_id}"
    data = {"session": reminder.session_id, "minutes_early": minutes_early}
    return Event(FLASH_STARTING, reminder.user_id, reference, clock.now(), data=data)


def lot_settled(registration) -> Event:
    """The lot of a member was drawn; ``state``: won, lost, or lapsed where nothing could be
    sent.
    """
    data = {
        "item": registration.item_id,
        "number": registration.number,
        "state": str(registration.state),
        "points": registration.points,
    }
    return Event(LOT_SETTLED, registration.user_id, registration.reference, clock.now(), data=data)


def back_in_stock(alert) -> Event:
    """A SKU that a member waits for is back; once per wish to be told."""
    reference = f"stock-alert:{alert.pk}"
    return Event(BACK_IN_STOCK, alert.user_id, reference, clock.now(), data={"sku": alert.sku_id})


# --- parts -----------------------------------------------------------------------
def _of_order(kind, order, at, actor, words, note=""):
    data = {
        "no": order.no,
        "placed_on": clock.day_of(order.created_at).isoformat(),
        "points": order.points,
        "cash": str(order.cash),
        "freight": str(order.freight),
        "coupon": bool(order.coupon_discount),
        **words,
    }
    return Event(str(kind), order.user_id, order.reference, at, actor, data, note)


def _decided(kind, order, refund):
    return _of_refund(kind, order, refund, refund.decided_at, refund.decided_by, refund.note)


def _of_refund(kind, order, refund, at, actor, note=""):
    """Tell of a refund; what the member wrote stays in its row, which can forget."""
    words = {
        "refund": refund.pk,
        "number": refund.number,
        "points": refund.points,
        "cash": str(refund.cash),
        **_unmoved(order),
    }
    return _of_order(kind, order, at, actor, words, note)


def _unmoved(order):
    return {"from": str(order.status), "to": str(order.status)}


def _member_of(order):
    return f"member:{order.user_id}"
