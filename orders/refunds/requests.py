"""Refunds by line and quantity: asked for by a member, decided by an operator, paid back exactly
once.

``requested → approved → refunded | rejected``, or withdrawn by whoever asked. Asking keeps the
pieces aside, so two requests cannot ask for the same last one. Approving gives back points (to
their lots, with their days), cash (through the provider that received it), earned points and, with
the last piece, the coupon; ``approved`` becomes ``refunded`` when the provider has returned the
money. The one writer of requests; the old state stands in every UPDATE's filter.

Lock order: the member's account, the order, grants and coupon, card keys, stock last.
"""

import copy
import hashlib
import json
from datetime import timedelta

from django.db.models import F, Max, Prefetch, Sum

from mall.core import audit, clock, pasted, repeats, rows
from mall.core.events import Event, tell
from mall.core.transactions import transactional
from orders import actors, earning, events, lifecycle, returns, shipping
from orders.coupons import lifecycle as coupons
from orders.errors import IdempotencyConflict, InvalidKey
from orders.models import (
    CheckoutPolicy,
    Order,
    OrderLine,
    PaymentRefund,
    RefundLine,
    RefundRequest,
)
from orders.refunds import goods
from orders.refunds import terms as refund_terms
from orders.refunds.errors import NothingLeft, NotRefundable, OwnOrder, RefundDecided, RefundTooLate
from points import event_delivery, ledger

Status = RefundRequest.Status
REFUNDABLE = (Order.Status.PAID, Order.Status.SHIPPED, Order.Status.COMPLETED)


# --- asking ----------------------------------------------------------------------
@transactional
def request(order, *, lines, key: str, actor: str, reason: str = "") -> RefundRequest:
    """Ask to refund ``lines`` — (line id, pieces) — of an order; staff may ask for a member, and
    after the days are over.

    Idempotent by (order, ``key``): the same request again returns the same row, with ``replayed``
    True.
    Raises: InvalidKey, IdempotencyConflict, NotRefundable, NothingLeft, RefundTooLate,
    InvalidRefund, catalog.errors.KeyAlreadySeen.
    """
    body_hash = _fingerprint(key, lines, reason)
    # Two requests may ask for the same last piece; the second must see the first's.
    ledger.open(order.user_id)
    asked = RefundRequest.objects.filter(order=order, key=key).first()
    if asked is not None:
        asked.replayed = True
        return repeats.same(asked, otherwise=IdempotencyConflict, body_hash=body_hash)
    order = _fresh(order.pk)
    terms = terms_of(order, lines, by_staff=actors.is_colleague(actor, order))
    last = order.refund_requests.aggregate(n=Max("number"))["n"] or 0
    made = RefundRequest.objects.create(
        order=order,
        number=last + 1,
        key=key,
        body_hash=body_hash,
        reason=pasted.line(reason)[:200],
        requested_by=actor,
        requested_at=clock.now(),
    )
    RefundLine.objects.bulk_create(
        RefundLine(request=made, line=part.line, quantity=part.quantity)
        for part in terms.lines
        if part.quantity
    )
    tell(events.refund_requested(order, made))
    return made


def terms_of(order, lines=None, *, by_staff: bool = False) -> refund_terms.Terms:
    """Return what refunding these pieces (None: all that may be asked for) would give back, after
    checking that it may be.

    Raises: as ``request``.
    """
    check_may_ask(order, by_staff=by_staff)
    terms = refund_terms.work_out(order, lines, reserved=_reserved(order))
    if not by_staff:
        goods.check_returnable(order, terms)
    return terms


def left_of(order) -> dict[int, int]:
    """Return the pieces of each line that may still be asked for."""
    reserved = _reserved(order)
    return {line.pk: line.kept_quantity - reserved.get(line.pk, 0) for line in order.lines.all()}


def check_may_ask(order, *, by_staff: bool = False) -> None:
    """Refuse an order that cannot be refunded, or no longer by its member. Raises: NotRefundable,
    NothingLeft, RefundTooLate.
    """
    if order.status not in REFUNDABLE:
        raise NotRefundable(status=order.status)
    if order.refunded_at:
        raise NothingLeft(status=order.status)
    days = CheckoutPolicy.current().refund_days
    if (
        not by_staff
        and order.completed_at
        and clock.now() > order.completed_at + timedelta(days=days)
    ):
        raise RefundTooLate(days=days)


@transactional
def withdraw(asked, *, actor: str) -> RefundRequest:
    """Take a request back before it is decided. Raises: RefundDecided."""
    withdrawn = _close(asked, Status.WITHDRAWN, actor=actor)
    tell(events.refund_withdrawn(asked.order, withdrawn))
    return withdrawn


# --- deciding --------------------------------------------------------------------
@transactional
def reject(asked, *, actor: str, note: str) -> RefundRequest:
    """Refuse a request, with the reason the member reads. Raises: OwnOrder, RefundDecided."""
    _check_not_own(asked.order, actor)
    closed = _close(asked, Status.REJECTED, actor=actor, note=note)
    audit.note(actor, "orders.reject_refund", target=asked, reason=note)
    tell(events.refund_rejected(asked.order, closed))
    return closed


@transactional
def approve(
    asked, *, actor: str, restock: bool = False, at_fault: bool = False, note: str = ""
) -> RefundRequest:
    """Give back what a request asks for, once.

    Pieces that were never sent go back on the shelf, those that were with ``restock``; seen card
    keys become void. ``at_fault``: points whose day has passed live 30 days more, and so does the
    coupon in its way.
    Raises: OwnOrder, RefundDecided.
    """
    _check_not_own(asked.order, actor)
    reference = _reference(asked, asked.order)
    # Two operators may approve at once; the row as it stands under the lock decides which of them
    # gives anything back.
    account = ledger.open(
        asked.order.user_id,
        postings=returns.asked_of_points(asked.order, reference),
        seen=rows.Wanted(RefundRequest, {"id": asked.pk}),
    )
    asked = account.seen
    if asked.status != Status.REQUESTED:
        raise RefundDecided(status=asked.status)
    event_delivery.deliver(account.user_id)  # promised points are there to be taken back
    order, now = _fresh(asked.order_id), clock.now()
    if order.status not in REFUNDABLE:  # cancelled, and what was asked of it is withdrawn with it
        raise RefundDecided(status=Status.WITHDRAWN)
    lines = list(asked.lines.all())
    terms = refund_terms.work_out(order, [(line.line_id, line.quantity) for line in lines])
    asked.order, asked.status, asked.decided_by, asked.decided_at = (
        order,
        Status.APPROVED,
        actor,
        now,
    )
    asked.note, asked.restock, asked.at_fault = note[:200], restock, at_fault
    asked.points, asked.cash, asked.freight = terms.points, terms.cash, terms.freight
    if not terms.cash:
        asked.status, asked.refunded_at = Status.REFUNDED, now
    _count(order, terms, now)
    tell(events.refunded(order, asked))
    returns.give_points(account, order, points=terms.points, key=reference, at_fault=at_fault)
    if terms.cash:
        asked.payment_refund = returns.give_cash(
            account,
            order,
            key=f"refund:{asked.number}",
            reason=PaymentRefund.Reason.REFUND,
            amount=terms.cash,
        )
    taken = earning.take_back(order, share=terms.share, kept=terms.kept, key=f"{reference}:earned")
    asked.taken_pending, asked.taken_points, asked.taken_debt = (
        taken.pending,
        taken.points,
        taken.debt,
    )
    asked.save()
    audit.note(
        actor,
        "orders.approve_refund",
        target=asked,
        reason=note,
        after={"points": terms.points, "cash": terms.cash},
    )
    if terms.is_whole:
        coupons.give_back(account, order, at_fault=at_fault)
    if order.status == Order.Status.PAID and not terms.is_whole and not shipping.waiting(order):
        lifecycle.finish_sending(order, actor=actor)
    goods.put_back(asked, lines, terms, reference=reference, actor=actor)
    return asked


@transactional
def withdraw_open(events: list[Event]) -> None:
    """Close what was asked of orders before they were cancelled as a whole."""
    numbers = [event.data["no"] for event in events]
    open_ones = RefundRequest.objects.waiting().filter(order__no__in=numbers)
    for asked in list(open_ones.select_related("order")):
        withdraw(asked, actor="system")


# --- parts -------------------------------------------------------------------------
def _fingerprint(key, lines, reason) -> str:
    if not repeats.is_key(key):
        raise InvalidKey
    return hashlib.sha256(json.dumps([sorted(lines), reason], sort_keys=True).encode()).hexdigest()


def _fresh(order_id) -> Order:
    lines = Prefetch("lines", OrderLine.objects.select_related("product"))
    return Order.objects.prefetch_related(lines).get(pk=order_id)


def _check_not_own(order, actor) -> None:
    if actors.is_own(actor, order):
        raise OwnOrder


def _reference(asked, order) -> str:
    return f"{order.reference}:refund:{asked.number}"


def _reserved(order) -> dict[int, int]:
    """Return the pieces of each line that open requests ask for."""
    waiting = RefundLine.objects.filter(
        request__order_id=order.pk, request__status=Status.REQUESTED
    )
    return dict(waiting.order_by().values_list("line_id").annotate(n=Sum("quantity")))


def _close(asked, status, *, actor, note="") -> RefundRequest:
    ledger.open(asked.order.user_id)
    changes = {"status": status, "decided_by": actor, "decided_at": clock.now(), "note": note[:200]}
    if not RefundRequest.objects.waiting().filter(pk=asked.pk).update(**changes):
        raise RefundDecided(status=asked.status)
    closed = copy.copy(asked)
    for name, value in changes.items():
        setattr(closed, name, value)
    return closed


def _count(order, terms, now) -> None:
    """Add the refund to the sums of order and lines, in the rows and on what was read of them; the
    rows' CHECKs refuse more than there was.
    """
    for part in sorted(terms.lines, key=lambda part: part.line.pk):
        part.line.refunded_quantity += part.quantity
        part.line.withheld_quantity += part.unsent
        part.line.refunded_points += part.points
        part.line.refunded_cash += part.cash
        OrderLine.objects.filter(pk=part.line.pk).update(
            refunded_quantity=F("refunded_quantity") + part.quantity,
            withheld_quantity=F("withheld_quantity") + part.unsent,
            refunded_points=F("refunded_points") + part.points,
            refunded_cash=F("refunded_cash") + part.cash,
        )
    Order.objects.filter(pk=order.pk).update(
        refunded_points=F("refunded_points") + terms.points,
        refunded_cash=F("refunded_cash") + terms.cash,
        refunded_pieces=F("refunded_pieces") + sum(part.quantity for part in terms.lines),
        refunded_at=now if terms.is_whole else None,
    )
    order.refunded_points += terms.points
    order.refunded_cash += terms.cash
    order.refunded_pieces += sum(part.quantity for part in terms.lines)
    order.refunded_at = now if terms.is_whole else None
