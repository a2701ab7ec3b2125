"""From where orders were placed and who paid them, as marks that are compared; what is remembered
of them, and for how long (accounts/traces.py says the rest).
"""

from datetime import datetime

from accounts.traces import BATCH, oldest_kept
from mall.core import keyset
from mall.core.blind_index import mark_of
from mall.core.transactions import transactional
from orders.models import Order, Payment

NOTHING = {"device_mark": None, "network_mark": None}


def payer_mark(provider: str, payer: str) -> str | None:
    """Return the mark of who paid, as a provider calls them; None where it does not say."""
    return mark_of("payer", f"{provider}:{payer}") if payer else None


def forget(user) -> None:
    """Forget from where a member ordered, and who paid."""
    Order.objects.filter(user_id=user.pk).update(**NOTHING)
    Payment.objects.filter(order__user_id=user.pk).update(payer_mark=None)


def forget_old(now: datetime | None = None) -> int:
    """Forget the marks of orders whose time is over; returns how many orders that were."""
    oldest, forgotten = oldest_kept(now), 0
    seen = Order.objects.filter(network_mark__isnull=False, created_at__lt=oldest)
    for keys in keyset.batches(seen.values_list("pk", flat=True), BATCH):
        forgotten += _forget(keys)
    return forgotten


@transactional
def _forget(keys) -> int:
    Payment.objects.filter(order_id__in=keys).update(payer_mark=None)
    return Order.objects.filter(pk__in=keys).update(**NOTHING)
