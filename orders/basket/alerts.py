"""Who wants to be told when a sold-out SKU is back, and the sweep that tells them, once.

Pieces of a cancelled or refunded order that are gone again within minutes are no news: a SKU is
back when a sweep finds pieces that an earlier one, STEADY ago or longer, found too, and none
between found the shelf empty (docs/decisions/0077). Who may not have the goods any more, for
their tier fell or the goods are for a higher one now, goes on waiting.
"""

from datetime import datetime, timedelta

from catalog import stock
from catalog.models import Sku
from mall.core import clock, keyset
from mall.core.events import hand_over
from mall.core.transactions import transactional
from orders import events, offering
from orders.basket.errors import NotSoldOut
from orders.basket.shelves import offered
from orders.models import StockAlert
from orders.pricing import LARGEST_ID

STEADY = timedelta(minutes=2)
BATCH = 200


def skus_of(user) -> set[int]:
    """Return the SKUs a member waits for."""
    return set(StockAlert.objects.filter(user=user).values_list("sku_id", flat=True))


@transactional
def ask(user, sku_id: int) -> None:
    """Note that a member wants to be told when a sold-out SKU is back; harmless when repeated.

    Raises: NotOffered, NotForSale, TierNeeded, NotSoldOut.
    """
    sku = offered(sku_id, user)
    if stock.available([sku.pk])[sku.pk]:
        raise NotSoldOut
    StockAlert.objects.bulk_create([StockAlert(user=user, sku=sku)], ignore_conflicts=True)


@transactional
def withdraw(user, sku_id: int) -> None:
    """Take the wish to be told back."""
    StockAlert.objects.filter(user=user, sku=min(sku_id, LARGEST_ID)).delete()


def tell_back(as_of: datetime | None = None) -> int:
    """Tell each member who asked and whose SKU is back to stay; return how many were told."""
    as_of = as_of or clock.now()
    awaited = list(StockAlert.objects.order_by().values_list("sku_id", flat=True).distinct())
    left = stock.available(awaited)
    offers = Sku.objects.filter(pk__in=[sku for sku in awaited if left[sku]], is_active=True)
    back = {sku.pk for sku in offers.select_related("product") if sku.product.is_for_sale(as_of)}
    waiting = StockAlert.objects.order_by()
    waiting.exclude(sku__in=back).filter(back_since__isnull=False).update(back_since=None)
    if not back:
        return 0
    waiting.filter(sku__in=back, back_since__isnull=True).update(back_since=as_of)
    due = waiting.filter(
        offering.for_their_tier("sku__product"), sku__in=back, back_since__lte=as_of - STEADY
    )
    return sum(_tell(batch) for batch in keyset.batches(due.values_list("pk", flat=True), BATCH))


@transactional
def _tell(batch) -> int:
    # Two sweeps may meet, and a member withdraw: only the rows that are still there are told.
    alerts = list(StockAlert.objects.select_for_update().filter(pk__in=batch).order_by("pk"))
    StockAlert.objects.filter(pk__in=[alert.pk for alert in alerts]).delete()
    hand_over(events.back_in_stock(alert) for alert in alerts)
    return len(alerts)
