"""Counting anew what goes with what: once a night, page by page of people, then one swap."""

from mall.core import clock
from mall.core.transactions import transactional
from marketing.models import CoPurchase
from marketing.recommendations import purchases
from marketing.recommendations.ranking import Together

BATCH = 500


def refresh() -> int:
    """Count over all people and replace the neighbours; returns how many pairs there are. Safe
    twice and at any time.
    """
    together = Together()
    for own in purchases.by_person():
        together.add([purchase.item for purchase in own if isinstance(purchase.item, int)])
    rows = [
        CoPurchase(
            product_id=product, other_id=other, score=score, people=people, counted_at=clock.now()
        )
        for product, others in together.neighbours().items()
        for other, score, people in others
    ]
    _replace(rows)
    return len(rows)


@transactional
def _replace(rows):
    """Readers see the old neighbours or the new ones, never none."""
    CoPurchase.objects.all().delete()
    CoPurchase.objects.bulk_create(rows, batch_size=BATCH)
