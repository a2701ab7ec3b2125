"""The life of an order: the only writer of its status.

Every step names the state it starts from in the UPDATE's filter: zero rows means someone was
faster, and nothing else of the step happens. A verb leaves the order passed in as it was seen and
returns it as it now is, so a retried transaction starts from what the caller knew.

Who may: a shopper cancels an own order until a part of it is sent or refunded and confirms the
receipt of a shipped one; an operator ships (in parcels, if need be), completes, and cancels like
the shopper; sweeps cancel what was not paid in time and complete what was sent long ago. Card keys
and coupons are issued as soon as the order is paid, and an order of nothing else is complete then.
What was refunded whole moves no more. The doors ask for the permission, this module for the state.
"""

import copy
from datetime import datetime, timedelta
from itertools import chain

import structlog

from catalog import stock
from catalog.models import DELIVERED_AT_ONCE
from mall.core import audit, clock, keyset, rows
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional
from orders import actors, delivery, events, returns, shipping
from orders.coupons import lifecycle as coupons
from orders.errors import CarrierNeeded, IllegalTransition
from orders.flash import pool
from orders.models import (
    CheckoutPolicy,
    Order,
    OrderEvent,
    PaymentRefund,
    RefundRequest,
)
from orders.refunds.errors import PartlySent, RefundOpen
from points import ledger

Kind = OrderEvent.Kind
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
# of staff, in the words of the audit log
DEEDS = {PAID: "pay", SHIPPED: "ship", COMPLETED: "complete", CANCELLED: "cancel"}
BATCH = 200
log = structlog.get_logger(__name__)


@transactional
def mark_paid(order, *, actor: str, note: str = "") -> Order:
    """Turn a pending order into a paid one and capture the points held for it.

    Raises: IllegalTransition (status).
    """
    account = ledger.open(order.user_id)
    paid = _move(order, PAID, "paid_at", actor=actor, note=note)
    tell(events.paid(paid, actor=actor, note=note))
    if order.points:
        account.capture(
            hold_key=f"{order.reference}:hold",
            key=f"{order.reference}:capture",
            reference=order.reference,
            fresh=True,  # an order is paid once, and has just been
        )
    return hand_over(account, paid)


def hand_over(account, order) -> Order:
    """Issue the card keys and coupons of an order just paid; return the order as it is after that.

    For checkout and ``mark_paid``, inside their transaction and before any stock is locked. An
    order of nothing else is complete at once. Raises: catalog.errors.OutOfStock.
    """
    issued = delivery.hand_over(account, order)
    if not issued:
        return order
    note = f"× {issued}"
    if shipping.waiting(order):
        tell(events.noted(order, Kind.KEYS_ISSUED, actor="system", note=note))
        return order
    sent = _move(order, SHIPPED, "shipped_at", actor="system", note=note)
    tell(events.sent(sent, Kind.KEYS_ISSUED, actor="system", note=note))
    return complete(sent, actor="system")


@transactional
def cancel(order, *, actor: str, note: str = "", kind: Kind = Kind.CANCELLED) -> Order:
    """Cancel a pending or paid order: points, cash and goods go back, each exactly once.

    Points return to the lots they came from with their days; cash returns through the provider that
    received it. Once a part was sent or refunded, the rest is refunded instead.

    Raises: IllegalTransition (status), PartlySent, catalog.errors.KeyAlreadySeen, CouponGoodsUsed.
    """
    refund_key = f"{order.reference}:refund:1"
    account = ledger.open(order.user_id, postings=returns.asked_of_points(order, refund_key))
    if order.status == PAID and order.shipments.exists():
        raise PartlySent
    cancelled = _move(
        order,
        CANCELLED,
        "cancelled_at",
        actor=actor,
        note=note,
        if_still={"refunded_pieces": 0},
    )
    tell(events.cancelled(cancelled, was=order.status, actor=actor, note=note, kind=kind))
    if order.status == PENDING and order.points:
        account.release(
            hold_key=f"{order.reference}:hold",
            key=f"{order.reference}:release",
            reference=order.reference,
            fresh=True,  # an order is cancelled once, and has just been
        )
    elif order.status == PAID:
        returns.give_points(account, order, points=order.points, key=refund_key)
        if order.cash:
            returns.give_cash(
                account, order, key="cancelled", reason=PaymentRefund.Reason.CANCELLED
            )
    # Cancelled by staff, the shop is at fault: a coupon whose day passed meanwhile gets some days
    # more.
    coupons.give_back(account, order, at_fault=actors.is_colleague(actor, order))
    lines = list(order.lines.values_list("pk", "sku_id", "quantity", "product__kind"))
    at_once = {
        pk: quantity
        for pk, _sku, quantity, kind in lines
        if kind in DELIVERED_AT_ONCE and order.status == PAID
    }
    lost = returns.take_delivered(order, at_once, actor=actor) if at_once else {}
    if not pool.put_back(account, order, lost=sum(lost.values())):
        pieces = [(sku, quantity - lost.get(pk, 0)) for pk, sku, quantity, _kind in lines]
        stock.put_back(
            [(sku, quantity) for sku, quantity in pieces if quantity], reference=order.reference
        )
    return cancelled


@transactional
def ship(
    order, *, actor: str, carrier: str = "", number: str = "", pieces: dict[int, int] | None = None
) -> Order:
    """Send a paid order off, or a parcel with ``pieces`` of it (line id: quantity); it is shipped
    with the last parcel.

    Goods to deliver need a carrier and a tracking number, virtual ones neither. The order keeps
    those of the last parcel.
    Raises: IllegalTransition (status), CarrierNeeded, NothingToSend.
    """
    carrier, number = carrier.strip(), number.strip()
    if order.is_physical and not (carrier and number):
        raise CarrierNeeded
    account = ledger.open(order.user_id)
    _check_still(order, PAID)
    _parcel, is_last = shipping.pack(
        account, order, actor=actor, carrier=carrier, number=number, pieces=pieces
    )
    words, note = {"carrier": carrier, "tracking_number": number}, f"{carrier} {number}".strip()
    if not is_last:
        Order.objects.filter(pk=order.pk).update(**words)
        tell(events.noted(order, Kind.PART_SHIPPED, actor=actor, note=note))
        _write_down(order, "ship_part", PAID, actor=actor, note=note)
        return _changed(order, words)
    shipped = _move(order, SHIPPED, "shipped_at", actor=actor, note=note, **words)
    tell(events.shipped(shipped, actor=actor, note=note))
    return shipped


def finish_sending(order, *, actor: str) -> Order:
    """Note that nothing waits to be sent any more because the rest was refunded; for
    orders/refunds/requests.py.
    """
    shipped = _move(order, SHIPPED, "shipped_at", actor=actor)
    if shipped.shipments.exists():
        tell(events.shipped(shipped, actor=actor))
        return shipped
    tell(events.sent(shipped, Kind.SENT, actor=actor))
    return complete(shipped, actor=actor)  # card keys are all that is left, and they are there


@transactional
def complete(order, *, actor: str, kind: Kind = Kind.COMPLETED) -> Order:
    """Note that the goods arrived.

    Raises: IllegalTransition (status).
    """
    ledger.open(order.user_id)
    completed = _move(order, COMPLETED, "completed_at", actor=actor)
    tell(events.completed(completed, actor=actor, kind=kind))
    return completed


@transactional
def assume_receipt(order) -> Order:
    """Complete an order that was sent long ago, unless a refund request waits for its answer.

    Raises: IllegalTransition (status), RefundOpen.
    """
    ledger.open(order.user_id)
    if RefundRequest.objects.waiting().filter(order=order).exists():
        raise RefundOpen
    return complete(order, actor="system", kind=Kind.AUTO_COMPLETED)


# --- the sweeps ------------------------------------------------------------------
def cancel_due(as_of: datetime) -> int:
    """Cancel every order whose payment window closed by ``as_of``; return how many this call
    cancelled.

    Each in its own transaction; a payment that arrives meanwhile wins or loses as a whole. Harmless
    when run twice or by several sweeps at once.
    """
    return _sweep(
        Order.objects.due(as_of),
        lambda order: cancel(order, actor="system", kind=Kind.TIMED_OUT),
    )


def complete_due(as_of: datetime) -> int:
    """Complete every order sent ``auto_complete_days`` of the policy before ``as_of``; return how
    many this call completed.

    As harmless as ``cancel_due``; an open refund request stops the clock until it is decided.
    """
    sent_by = as_of - timedelta(days=CheckoutPolicy.current().auto_complete_days)
    return _sweep(Order.objects.overdue(sent_by), assume_receipt)


def _sweep(due, verb) -> int:
    moved = 0
    for order in chain.from_iterable(keyset.batches(due, BATCH)):
        try:
            verb(order)
            moved += 1
        except IllegalTransition:
            continue  # somebody moved it since the batch was read
        except DomainError as error:
            log.error("order_stuck", order=order.no, code=error.code)
    return moved


def _check_still(order, status):
    """Refuse what was seen in another state than it is in now, or was refunded whole; under the
    member's lock.
    """
    if (
        not Order.objects.filter(pk=order.pk, status=status, refunded_at__isnull=True).exists()
        or order.status != status
    ):
        raise IllegalTransition(status=order.status)


def _move(order, to, stamp, *, actor, note="", if_still=None, **changes) -> Order:
    """Change the status if it still is what the caller saw; the rowcount is the referee.

    ``stamp`` names the column that keeps when it happened; what is told of it names the same
    instant. What was refunded whole moves no more; ``if_still`` names more that must hold.
    """
    now = clock.now()
    changes = {"status": to, stamp: now, **changes}
    if to not in TRANSITIONS[order.status]:
        raise IllegalTransition(status=order.status)
    unmoved = {"id": order.pk, "status": order.status, "refunded_at": None, **(if_still or {})}
    if not rows.update(Order, changes, unmoved):
        raise IllegalTransition(status=order.status)
    _write_down(order, DEEDS[to], to, actor=actor, note=note)
    return _changed(order, changes)


def _write_down(order, deed, to, *, actor, note):
    """Add what staff did to the audit log; what others do stands in the order's history."""
    if actor.startswith("staff:"):
        audit.note(
            actor,
            f"orders.{deed}",
            target=order,
            reason=note,
            before={"status": order.status},
            after={"status": to},
        )


def _changed(order, changes) -> Order:
    moved = copy.copy(order)
    for name, value in changes.items():
        setattr(moved, name, value)
    return moved
