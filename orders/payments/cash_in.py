"""Cash coming in: starting a payment, and believing a provider's notice exactly once.

Only what a provider signed changes anything. A notice is settled under the member's lock, so it
races a cancellation or the sweep as a whole: either the order is paid and the held points captured,
or the money came too late and goes back, which is no error a provider would repeat forever. A
signed notice that fits nothing, or contradicts an earlier one, is refused and told to staff in the
audit log.
"""

import structlog
from django.db import IntegrityError, connection

from mall.core import audit, clock, kept, repeats, rows
from mall.core.events import tell
from mall.core.models import AuditRow
from mall.core.transactions import transactional
from orders import events, lifecycle, traces
from orders.errors import (
    BadNotice,
    IllegalTransition,
    NoSuchWay,
    NoticeConflict,
    NoticeTooLarge,
)
from orders.models import Order, OrderEvent, Payment, PaymentNotice, PaymentRefund
from orders.numbers import new_number
from orders.payments import cash_out, gateways, payment_rows
from orders.payments.messages import CURRENCY, Aside, Payer, RefundNotice
from points import ledger

NOTICE_BYTES = 64 * 1024
REFUSED = "orders.notice_refused"
Outcome = PaymentNotice.Outcome
log = structlog.get_logger(__name__)


@transactional
def start(order, provider: str, way: str = "") -> Payment:
    """Open a payment of an order's cash with a provider, paid in one of its ways (its first when
    empty). The order's newest attempt is continued when it is the same and open; another one takes
    its place, and what is paid to the earlier one all the same counts or goes back like any money.

    Raises: NoSuchProvider, NoSuchWay; IllegalTransition when the order no longer waits for its
    payment.
    """
    ways = gateways.get(provider).WAYS
    way = way or ways[0]
    if way not in ways:
        raise NoSuchWay
    # Two tabs may start at once; the second must find the first's payment.
    order = rows.find(rows.Wanted(Order, {"id": order.pk}), locked=True)
    if not order.is_payable:
        raise IllegalTransition(status=order.status)
    newest = payment_rows.newest_of(order)
    is_open = newest is not None and newest.status == Payment.Status.OPEN
    # an earlier release names no way
    if is_open and newest.provider == provider and newest.way in (way, ""):
        newest.order = order
        return newest
    no = new_number()
    payment = rows.fresh(
        Payment,
        no=no,
        order_id=order.pk,
        provider=provider,
        way=way,
        provider_ref=no,
        amount=order.cash,
        currency=CURRENCY,
        created_at=clock.now(),
    )
    rows.insert_read_back([payment], by="no")
    payment.order, payment.is_first = order, newest is None
    return payment


def begin(payment, payer: Payer) -> dict:
    """Return what the shopper's device needs to pay an open payment. The provider is told of it
    where it must be, once for as long as what it gives is good; no transaction is open meanwhile.

    Raises: NoSuchProvider, NoSuchWay, ProviderSilent, ProviderRefused.
    """
    gateway = gateways.get(payment.provider)
    if gateway.IS_TOLD and not _has_ticket(payment):
        ticket = gateway.begin(payment, payer)
        payment.ticket, payment.ticket_until = ticket.text, ticket.until
        payment.save(update_fields=["ticket", "ticket_until"])
    return gateway.instruction(payment)


def payable_with(payment) -> dict | None:
    """Return what an open payment is paid with when it is known without asking the provider, else
    None.
    """
    gateway = gateways.offered().get(payment.provider)
    is_open = payment.status == Payment.Status.OPEN and payment.order.is_payable
    if gateway is None or not is_open or (gateway.IS_TOLD and not _has_ticket(payment)):
        return None
    return gateway.instruction(payment)


def _has_ticket(payment) -> bool:
    return bool(payment.ticket and payment.ticket_until and clock.now() < payment.ticket_until)


def receive_notice(provider: str, raw_body: bytes, headers) -> PaymentNotice | None:
    """Take in a provider's signed message and return the row it left, None when it was about a
    refund or changes nothing.

    The signature over the raw bytes is checked before anything is read. Idempotent by the
    provider's event id, and by its number of the money itself. Late or second money is sent back.

    Raises: NoSuchProvider, NoticeTooLarge, BadSignature, BadNotice, NoticeConflict (the event or
    the money was told of another payment, or otherwise); nothing is changed then but the audit log,
    where a signed notice left one row.
    """
    gateway = gateways.get(provider)
    if len(raw_body) > NOTICE_BYTES:
        raise NoticeTooLarge
    return take_in(provider, gateway.read_notice(raw_body, headers))


def take_in(provider: str, said) -> PaymentNotice | None:
    """Take in what a provider said, in a notice or when it was asked; see ``receive_notice``."""
    if isinstance(said, Aside):
        return None
    try:
        if isinstance(said, RefundNotice):
            cash_out.take_notice(provider, said)
            return None
        return _match(payment_rows.named(provider, said.payment_no), said)
    except BadNotice as refusal:
        _tell_staff(provider, said, refusal)
        raise


def _match(payment, notice) -> PaymentNotice:
    """Compare a notice with the payment it names, then take it in."""
    if payment is None or (notice.amount, notice.currency, notice.merchant) != (
        payment.amount,
        payment.currency,
        gateways.get(payment.provider).merchant(),
    ):
        raise BadNotice
    try:
        return _take_in(payment, notice)
    except IntegrityError:
        # Another payment's notice came with this event or money at the same moment; by now that row
        # is there to compare.
        if connection.in_atomic_block:
            raise
        return _take_in(payment, notice)


@transactional
def _tell_staff(provider, notice, refusal):
    """Leave one row in the audit log, however often the provider repeats itself: there may be money
    behind it.
    """
    is_refund = isinstance(notice, RefundNotice)
    subject = f"refund:{notice.refund_no}" if is_refund else f"payment:{notice.payment_no}"
    said = {
        "event_id": notice.event_id,
        "is_paid": None if is_refund else notice.is_paid,
        "provider_ref": notice.provider_ref,
        "amount": str(notice.amount),
        "currency": CURRENCY if is_refund else notice.currency,
    }
    log.error("notice_refused", provider=provider, subject=subject, code=refusal.code, **said)
    if all(row.after != said for row in AuditRow.objects.filter(action=REFUSED, target=subject)):
        audit.note(provider, REFUSED, target=subject, reason=refusal.code, after=said)


@transactional
def _take_in(payment, notice) -> PaymentNotice:
    kept.version()  # what is asked of the cache is asked before anything is locked
    same = {"provider": payment.provider, "event_id": notice.event_id}
    account = ledger.open(payment.order.user_id, seen=rows.Wanted(PaymentNotice, same))
    known = account.seen
    if known is not None:
        is_paid = None if known.is_paid is None else notice.is_paid
        said = {"payment_id": payment.pk, "provider_ref": notice.provider_ref, "is_paid": is_paid}
        return repeats.same(known, otherwise=NoticeConflict, **said)
    payment, is_anothers = payment_rows.with_money(account, payment.pk, notice.provider_ref)
    if notice.is_paid and is_anothers:
        raise NoticeConflict
    outcome = _take_money(account, payment, notice) if notice.is_paid else _take_failure(payment)
    taken = rows.fresh(
        PaymentNotice,
        provider=payment.provider,
        event_id=notice.event_id,
        payment_id=payment.pk,
        is_paid=notice.is_paid,
        provider_ref=notice.provider_ref,
        amount=notice.amount,
        outcome=outcome,
        received_at=clock.now(),
    )
    rows.insert_read_back([taken], by="event_id")
    return taken


def close(payment) -> bool:
    """Note that the provider will take no money for a payment any more; False when it was not open.
    The order's history says nothing of it: nobody tried and failed.
    """
    open_now = Payment.objects.filter(pk=payment.pk, status=Payment.Status.OPEN)
    return bool(open_now.update(status=Payment.Status.FAILED))


def _take_money(account, payment, notice) -> str:
    """Decide what money that just came in is for."""
    if payment.status == Payment.Status.PAID:
        if payment.provider_ref == notice.provider_ref:
            return Outcome.REPEATED
        return _send_back(account, payment, notice, PaymentRefund.Reason.SECOND)
    payer = traces.payer_mark(payment.provider, notice.payer)
    moved = {"status": Payment.Status.PAID, "paid_at": clock.now(), "payer_mark": payer}
    rows.update(Payment, {**moved, "provider_ref": notice.provider_ref}, {"id": payment.pk})
    if payment.order.status == Order.Status.PENDING:
        lifecycle.mark_paid(payment.order, actor=payment.provider, note=f"¥{notice.amount}")
        return Outcome.SETTLED
    is_late = payment.order.status == Order.Status.CANCELLED
    reason = PaymentRefund.Reason.LATE if is_late else PaymentRefund.Reason.SECOND
    return _send_back(account, payment, notice, reason)


def _send_back(account, payment, notice, reason) -> str:
    key = f"money:{notice.provider_ref}"
    if PaymentRefund.objects.filter(payment=payment, key=key).exists():
        return Outcome.REPEATED
    cash_out.request(
        account,
        payment,
        key=key,
        reason=reason,
        amount=notice.amount,
        paid_ref=notice.provider_ref,
    )
    is_late = reason == PaymentRefund.Reason.LATE
    kind = OrderEvent.Kind.LATE_MONEY if is_late else OrderEvent.Kind.SECOND_MONEY
    tell(events.noted(payment.order, kind, actor=payment.provider, note=f"¥{notice.amount}"))
    return Outcome.REFUNDED_LATE if is_late else Outcome.REFUNDED_SECOND


def _take_failure(payment) -> str:
    # Providers do not promise order: a failure told after the money changes nothing.
    if not Payment.objects.filter(pk=payment.pk, status=Payment.Status.OPEN).update(
        status=Payment.Status.FAILED
    ):
        return Outcome.REPEATED
    tell(events.noted(payment.order, OrderEvent.Kind.PAYMENT_FAILED, actor=payment.provider))
    return Outcome.FAILED
