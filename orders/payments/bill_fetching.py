"""Fetching yesterday's bills from the providers that have them."""

from datetime import timedelta

import structlog

from mall.core import clock
from mall.core.errors import DomainError
from orders.models import PaymentBill
from orders.payments import billing, gateways

DAYS = 3  # a provider that was away is asked again for so long
log = structlog.get_logger(__name__)


def fetch_due() -> int:
    """Fetch and match the bills of the last days that are not here; return how many. Harmless when
    run twice. Raises: the last refusal, once every provider was asked: the job is knocked again.
    """
    fetched, refused = 0, None
    for name, gateway in gateways.offered().items():
        for back in range(1, DAYS + 1):
            day = clock.today() - timedelta(days=back)
            # what was read in before the day was over is not the whole of it
            whole = {"provider": name, "day": day, "read_at__gte": clock.end_of(day)}
            is_here = PaymentBill.objects.filter(**whole).exists()
            if not gateway.IS_ASKED or is_here:
                continue
            try:
                billing.fetch(name, day)
                fetched += 1
            except DomainError as error:
                refused = error
                said = getattr(error, "said", str(error))
                log.warning("bill_refused", provider=name, day=day.isoformat(), said=said)
    if refused is not None:
        raise refused
    return fetched
