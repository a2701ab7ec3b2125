"""The life of an order: the only writer of its status.

Every step names the state it starts from in the UPDATE's filter: zero rows means someone was faster, and
nothing else of the step happens. A verb leaves the order passed in as it was seen and returns it as it
now is, so a retried transaction starts from what the caller knew.

Who may: a shopper cancels an own order until a part of it is sent or refunded and confirms the receipt of a
shipped one; an operator ships (in parcels, if need be), completes, and cancels like the shopper; sweeps cancel
what was not paid in time and complete what was sent long ago. Card keys are issued as soon as the order is paid,
and an order of nothing else is complete then. What was refunded whole moves no more. The doors ask for the
permission, this module for the state.
"""

import copy
from datetime import datetime, timedelta

import structlog

from catalog import stock
from mall import clock
from mall.errors import DomainError
from mall.transactions import transactional
from orders import delivery, flash, refunds, shipping
from orders.errors import CarrierNeeded, IllegalTransition
from orders.models import CheckoutPolicy, Order, OrderEvent, OrderLine, PaymentNotice, PaymentRefund, RefundRequest
from orders.refund_errors import PartlySent, RefundOpen
from orders.signals import order_cancelled, order_completed, order_paid, order_shipped
from points import ledger
from points.mutex import lock_member

PENDING, PAID, SHIPPED, COMPLETED, CANCELLED = (
    Order.Status.PENDING,
    Order.Status.PAID,
    Order.Status.SHIPPED,
    Order.Status.COMPLETED,
    Order.Status.CANCELLED,
)
TRANSITIONS = {
    PENDING: {PAID, CANCELLED},
    PAID: {SHIPPED, CANCELLED},
    SHIPPED: {COMPLETED},
    COMPLETED: set(),
    CANCELLED: set(),
}
BATCH = 200
log = structlog.get_logger(__name__)


@transactional
def mark_paid(order, *, actor: str, note: str = "") -> Order:
    """Turn a pending order into a paid one and capture the points held for it.

    Raises: IllegalTransition (status).
    """
    lock_member(order.user_id)
    paid = _move(order, PAID, OrderEvent.Kind.PAID, "paid_at", actor=actor, note=note)
    if order.points:
        ledger.capture(order.user_id, hold_key=f"{order.reference}:hold", key=f"{order.reference}:capture", reference=order.reference)
    return tell_paid(paid)


def tell_paid(order) -> Order:
    """Tell whoever listens that an order is paid, then issue its card keys; return the order as it is after that.

    For checkout and ``mark_paid``, inside their transaction and before any stock is locked. An order of card keys
    only is complete at once. Raises: catalog.errors.OutOfStock.
    """
    order_paid.send(Order, order=order)
    if not delivery.issue_keys(order):
        return order
    sent = _move(order, SHIPPED, OrderEvent.Kind.SHIPPED, "shipped_at", actor="system", tell=False)
    if order.is_physical or sent.shipments.exists():
        return sent
    return _complete(sent, OrderEvent.Kind.COMPLETED, actor="system")


@transactional
def cancel(order, *, actor: str, note: str = "", kind: str = OrderEvent.Kind.CANCELLED) -> Order:
    """Cancel a pending or paid order: points, cash and goods go back, each exactly once.

    Points return to the lots they came from with their days; cash returns through the provider that
    received it. Once a part was sent or refunded, the rest is refunded instead.

    Raises: IllegalTransition (status), PartlySent, catalog.errors.KeyAlreadySeen.
    """
    lock_member(order.user_id)
    cancelled = _move(order, CANCELLED, kind, "cancelled_at", actor=actor, note=note, refunded_pieces=0)
    keys = _keys_back(order, actor=actor) if order.status == PAID else {}
    if order.status == PENDING and order.points:
        ledger.release(order.user_id, hold_key=f"{order.reference}:hold", key=f"{order.reference}:release", reference=order.reference)
    elif order.status == PAID:
        _give_back(order)
    order_cancelled.send(Order, order=cancelled)
    if not flash.put_back(order):
        stock.put_back(order.lines.values_list("sku_id", "quantity"), reference=order.reference)
    return cancelled


@transactional
def ship(order, *, actor: str, carrier: str = "", number: str = "") -> Order:
    """Send a paid order off; goods to deliver need a carrier and a tracking number, virtual ones neither.

    Raises: IllegalTransition (status), CarrierNeeded.
    """
    carrier, number = carrier.strip(), number.strip()
    if order.is_physical and not (carrier and number):
        raise CarrierNeeded
    lock_member(order.user_id)
    shipped = _move(
        order,
        SHIPPED,
        OrderEvent.Kind.SHIPPED,
        "shipped_at",
        actor=actor,
        note=f"{carrier} {number}".strip(),
        carrier=carrier,
        tracking_number=number,
    )
    order_shipped.send(Order, order=shipped)
    return shipped


@transactional
def complete(order, *, actor: str) -> Order:
    """Note that the goods arrived.

    Raises: IllegalTransition (status).
    """
    lock_member(order.user_id)
    completed = _move(order, COMPLETED, OrderEvent.Kind.COMPLETED, "completed_at", actor=actor)
    order_completed.send(Order, order=completed)
    return completed


def cancel_due(as_of: datetime) -> int:
    """Cancel every order whose payment window closed by ``as_of``; return how many this call cancelled.

    Each in its own transaction; a payment that arrives meanwhile wins or loses as a whole. Harmless when
    run twice or by several sweeps at once.
    """
    cancelled, seen = 0, 0
    while batch := list(Order.objects.due(as_of).filter(pk__gt=seen).order_by("pk")[:BATCH]):
        for order in batch:
            seen = order.pk
            try:
                cancel(order, actor="system", kind=OrderEvent.Kind.TIMED_OUT)
                cancelled += 1
            except IllegalTransition:
                continue  # paid or cancelled since the batch was read
            except DomainError as error:
                log.error("unpaid_order_stuck", order=order.no, code=error.code)
    return cancelled


def _move(order, to, kind, stamp, *, actor, note="", **changes) -> Order:
    """Change the status if it still is what the caller saw; the rowcount is the referee.

    ``stamp`` names the column that keeps when it happened; the event tells the same instant.
    """
    now = clock.now()
    changes = {"status": to, stamp: now, **changes}
    if to not in TRANSITIONS[order.status]:
        raise IllegalTransition(status=order.status)
    if not Order.objects.filter(pk=order.pk, status=order.status).update(**changes):
        raise IllegalTransition(status=order.status)
    OrderEvent.objects.create(order=order, kind=kind, from_status=order.status, to_status=to, actor=actor, note=note[:200], at=now)
    moved = copy.copy(order)
    for name, value in changes.items():
        setattr(moved, name, value)
    return moved


def _give_back(order):
    """Return what a paid order cost: points to their lots, cash to its payer."""
    if order.points:
        taken = "capture" if order.cash else "spend"
        ledger.refund(
            order.user_id,
            of_key=f"{order.reference}:{taken}",
            points=order.points,
            key=f"{order.reference}:refund:1",
            reference=order.reference,
        )
    if order.cash:
        settled = PaymentNotice.objects.select_related("payment__order").get(payment__order=order, outcome=PaymentNotice.Outcome.SETTLED)
        refunds.request(
            settled.payment,
            key="cancelled",
            reason=PaymentRefund.Reason.CANCELLED,
            amount=settled.amount,
            paid_ref=settled.provider_ref,
        )
