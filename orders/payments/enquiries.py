"""Asking a provider what became of a payment: when its notice does not come, and when the payment
is wanted no more.

An attempt is over when its order waits for no payment, or when the shopper began another one. Then
the provider is asked to take no money for it; what came meanwhile counts or goes back like any
money. No transaction is open while a provider is asked.
"""

from datetime import timedelta
from itertools import chain

import structlog
from django.db.models import Q

from mall.core import clock, keyset
from mall.core.errors import DomainError
from orders.errors import ProviderSilent
from orders.models import Order, Payment
from orders.payments import cash_in, gateways
from orders.payments.patience import Patience

BATCH = 100
PATIENCE = timedelta(minutes=1)  # a notice usually comes within seconds
PAUSE = timedelta(minutes=2)  # between two questions of the sweep
IMPATIENCE = timedelta(seconds=10)  # between two of a shopper who waits
log = structlog.get_logger(__name__)


def ask(payment) -> bool:
    """Ask about an open payment and take in the answer; close it at the provider when it is over.
    True when it is open no more. Raises: NoSuchProvider, ProviderSilent, ProviderRefused,
    BadNotice.
    """
    gateway = gateways.get(payment.provider)
    told = gateway.ask(payment)
    if told is not None and told.is_paid:
        cash_in.take_in(payment.provider, told)
        return True
    if told is not None:
        cash_in.close(payment)
        return True
    if not _is_over(payment):
        return False
    gateway.close(payment)
    cash_in.close(payment)
    return True


def ask_soon(payment) -> None:
    """Ask about a payment a shopper waits for, unless somebody asked just now. A provider that does
    not answer is logged: the sweep asks again.
    """
    is_silent = payment.created_at + IMPATIENCE < clock.now()
    can_tell = gateways.get(payment.provider).IS_ASKED
    is_open = payment.status == Payment.Status.OPEN
    if is_open and can_tell and is_silent and _claim(payment, IMPATIENCE):
        _ask_calmly(payment)


def ask_due() -> int:
    """Ask about every open payment nobody told of for a while; return how many are settled or
    closed now. Harmless when run twice or by several sweeps at once.
    """
    providers = [name for name, gateway in gateways.offered().items() if gateway.IS_ASKED]
    if not providers:
        return 0
    due = Payment.objects.filter(
        _not_asked_for(PAUSE),
        status=Payment.Status.OPEN,
        provider__in=providers,
        created_at__lte=clock.now() - PATIENCE,
    ).select_related("order")
    patience = Patience()
    return sum(
        _ask_calmly(payment, patience)
        for payment in chain.from_iterable(keyset.batches(due, BATCH))
        if patience.has_for(payment.provider) and _claim(payment, PAUSE)
    )


def leave_others(payment) -> None:
    """Close the attempts of an order that were open before this one, at their providers too."""
    if payment.is_first:
        return
    others = Payment.objects.filter(
        order=payment.order_id, pk__lt=payment.pk, status=Payment.Status.OPEN
    )
    for other in others.select_related("order"):
        if other.provider in gateways.offered():
            _ask_calmly(other)


def _ask_calmly(payment, patience=None) -> bool:
    try:
        return ask(payment)
    except DomainError as error:
        if patience is not None and type(error) is ProviderSilent:
            patience.note_silence(payment.provider)
        said = getattr(error, "said", "")
        log.warning("payment_unanswered", payment=payment.no, code=error.code, said=said)
        return False


def _claim(payment, pause) -> bool:
    """Of several who want to ask at once, one does."""
    unasked = Payment.objects.filter(_not_asked_for(pause), pk=payment.pk)
    return bool(unasked.update(asked_at=clock.now()))


def _not_asked_for(pause) -> Q:
    return Q(asked_at__isnull=True) | Q(asked_at__lte=clock.now() - pause)


def _is_over(payment) -> bool:
    waits = Order.objects.filter(pk=payment.order_id, status=Order.Status.PENDING)
    newer = Payment.objects.filter(order=payment.order_id, pk__gt=payment.pk)
    order = waits.first()
    return order is None or not order.is_payable or newer.exists()
