"""Counting anew what goods say about others: once a night, person by person and then good by good,
and one swap.
"""

from itertools import islice

from catalog.models import Product
from mall.core import clock
from mall.core.transactions import transactional
from marketing.models import Affinity, CoPurchase
from marketing.recommendations import purchases, weights

BATCH = 500
KEPT_TOGETHER = 12  # of each product, for the page "goes well with it"
MOST_PEOPLE = 100_000  # more are counted by a part of them, evenly


def refresh() -> int:
    """Count over all people and replace what products say; returns how many pairs go together. Safe
    twice and at any time.
    """
    # numpy is loaded by the process that counts, not by those that serve.
    from marketing.recommendations import affinities, knowledge
    from marketing.recommendations.incidence import Incidence

    known = Incidence()
    for own in islice(purchases.by_person(), None, None, 1 + purchases.people() // MOST_PEOPLE):
        known.add(purchase.item for purchase in own if isinstance(purchase.item, int))
    learned, pairs = {}, []
    for item, neighbours in affinities.learn(known):
        for near in neighbours:
            learned.setdefault(near.item, {})[item] = near.weight
        pairs += [(item, near) for near in neighbours[:KEPT_TOGETHER]]
    buyers = dict(zip(known.items, known.buyers.tolist(), strict=True)) if known.lines else {}
    says = {
        item: knowledge.strongest(learned.get(item, {})) for item in learned.keys() | buyers.keys()
    }
    alike = _called_alike(buyers)
    _replace(pairs, says, alike, buyers, knowledge.per_buyer(known))
    return len(pairs)


def _called_alike(buyers) -> dict:
    """Return what each product's name says of new ones: {product: {new product: 0…1}}."""
    from marketing.recommendations import knowledge, words

    offered = Product.objects.exclude(status=Product.Status.DRAFT)
    columns = ("pk", "name_zh_hans", "name_en", "created_at", "status")
    names, new, today = {}, [], clock.today()
    for pk, chinese, english, created_at, status in offered.values_list(*columns).iterator():
        names[pk] = words.words_of(chinese, english)
        since = clock.day_of(created_at)
        if status == Product.Status.ON and knowledge.is_new(buyers.get(pk, 0), since, today):
            new.append(pk)
    said: dict = {}
    for item, others in words.alike(names, new).items():
        for other, closeness in others.items():
            said.setdefault(other, {})[item] = closeness
    return said


@transactional
def _replace(pairs, says, alike, buyers, per_buyer):
    """Readers see the old figures or the new ones, never none.

    Two may count at once, and neither deletes what the other has not committed: what one finds
    written under a key stays, for both have counted the same facts.
    """
    now = clock.now()
    CoPurchase.objects.all().delete()
    _insert(
        CoPurchase(
            product_id=item,
            other_id=near.item,
            score=near.closeness,
            people=near.people,
            counted_at=now,
        )
        for item, near in pairs
    )
    Affinity.objects.all().delete()
    _insert(
        Affinity(
            product_id=item,
            buyers=buyers.get(item, 0),
            per_buyer=per_buyer,
            weights=weights.packed(says.get(item, {})),
            alike=weights.packed(alike.get(item, {})),
            counted_at=now,
        )
        for item in sorted(says.keys() | alike.keys())
    )


def _insert(rows):
    while batch := list(islice(rows, BATCH)):
        type(batch[0]).objects.bulk_create(batch, ignore_conflicts=True)
