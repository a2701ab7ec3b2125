"""Cash on its way back: asked for in the transaction that decides it, carried out afterwards.

A refund is a row first (reliability: "Later = a row"); the provider is asked once the transaction
is committed, at once when all goes well and by a sweep when not. A provider knows a refund by its
number, so asking twice returns the money once.
"""

from itertools import chain

import structlog
from django.db import transaction

from mall.core import clock, keyset, repeats, rows
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional
from orders import events
from orders.errors import BadNotice, IdempotencyConflict, ProviderSilent
from orders.models import Order, OrderEvent, PaymentRefund, RefundRequest
from orders.payments import gateways
from orders.payments.patience import Patience
from points import ledger

BATCH = 100
log = structlog.get_logger(__name__)


@transactional
def request(
    account, payment, *, key: str, reason: str, amount, paid_ref: str, fresh: bool = False
) -> PaymentRefund:
    """Note that ``amount`` yuan of a payment go back; idempotent per (payment, key). ``fresh``: the
    caller knows that nobody asked under this key, so nobody looks.

    ``paid_ref`` is the provider's number of the money that came in.
    Raises: IdempotencyConflict (the key gave back something else), points.locked_account.NotHeld.
    """
    account.check_held()
    asked = None if fresh else PaymentRefund.objects.filter(payment=payment, key=key).first()
    if asked is not None:
        return repeats.same(
            asked, otherwise=IdempotencyConflict, reason=reason, amount=amount, paid_ref=paid_ref
        )
    refund = PaymentRefund.objects.create(
        payment=payment,
        key=key,
        reason=reason,
        amount=amount,
        paid_ref=paid_ref,
        requested_at=clock.now(),
    )
    # Only a short cut: the sweep finds the row when this never runs.
    transaction.on_commit(lambda: settle(refund), robust=True)
    return refund


def settle(refund) -> bool:
    """Have the provider return the money, or ask how it stands; True when this call was the one
    that finished it.

    No transaction is open while the provider is asked. Its notice of the end may come before its
    answer. Raises: NoSuchProvider, ProviderSilent, ProviderRefused.
    """
    try:
        provider_ref = gateways.get(refund.payment.provider).refund(refund)
    except ProviderSilent as error:
        _note_trouble(refund, error.said)
        raise
    if provider_ref:
        return _finish(refund, provider_ref)
    _note_accepted(refund)
    return False


def take_notice(provider: str, notice) -> None:
    """Take in what a provider says of a refund; the same again changes nothing. Raises: BadNotice
    (no refund of ours, or otherwise told).
    """
    refund = (
        PaymentRefund.objects.select_related("payment__order")
        .filter(payment__provider=provider, no=notice.refund_no)
        .first()
    )
    if refund is None or (notice.amount, notice.paid_ref, notice.merchant) != (
        refund.amount,
        refund.paid_ref,
        gateways.get(provider).merchant(),
    ):
        raise BadNotice
    if notice.trouble:
        _note_trouble(refund, notice.trouble)
    else:
        _finish(refund, notice.provider_ref)


def _note_accepted(refund):
    waiting = PaymentRefund.objects.filter(pk=refund.pk, accepted_at__isnull=True)
    waiting.filter(status=PaymentRefund.Status.REQUESTED).update(
        accepted_at=clock.now(), trouble=""
    )


def _note_trouble(refund, said):
    waiting = PaymentRefund.objects.filter(pk=refund.pk, status=PaymentRefund.Status.REQUESTED)
    waiting.exclude(trouble=said).update(trouble=said[:120])
    log.warning("refund_troubled", refund=refund.no, said=said)


def settle_due() -> int:
    """Carry out every refund still on its way; return how many this call finished."""
    finished, patience = 0, Patience()
    waiting = PaymentRefund.objects.filter(status=PaymentRefund.Status.REQUESTED)
    waiting = waiting.select_related("payment__order")
    for refund in chain.from_iterable(keyset.batches(waiting, BATCH)):
        provider = refund.payment.provider
        if not patience.has_for(provider):
            continue
        try:
            finished += settle(refund)
        except DomainError as error:
            if type(error) is ProviderSilent:
                patience.note_silence(provider)
            log.warning("refund_refused", refund=refund.no, code=error.code)
    return finished


@transactional
def _finish(refund, provider_ref) -> bool:
    payment = refund.payment
    stands = rows.Wanted(Order, {"id": payment.order_id})  # as the order is now, under the lock
    order = ledger.open(payment.order.user_id, seen=stands).seen
    # Two sweeps may ask at once; the row's old state decides which of them tells about it.
    waiting = PaymentRefund.objects.filter(pk=refund.pk, status=PaymentRefund.Status.REQUESTED)
    now = clock.now()
    done = {"status": PaymentRefund.Status.DONE, "provider_ref": provider_ref, "done_at": now}
    if not waiting.update(**done, trouble=""):
        return False
    approved = RefundRequest.objects.filter(
        payment_refund=refund, status=RefundRequest.Status.APPROVED
    )
    settled = list(approved)
    if settled:
        approved.update(status=RefundRequest.Status.REFUNDED, refunded_at=now)
    returned = OrderEvent.Kind.MONEY_RETURNED
    tell(
        *(events.refund_settled(order, asked) for asked in settled),
        events.noted(order, returned, actor=payment.provider, note=f"¥{refund.amount}"),
    )
    return True
