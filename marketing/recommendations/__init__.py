"""What a member may like next, with the reason; what goes with a product.

Goods on sale and in stock only; not what was just bought; what the points buy comes first. What
goes with what is counted each night (nightly), the member's own purchases are read live, so an
order placed a minute ago counts.
"""

from collections import defaultdict
from dataclasses import replace

from django.utils.translation import gettext as _

from catalog import storefront
from catalog.audience import VISITOR
from mall.core import clock, rows
from marketing.models import CoPurchase
from marketing.recommendations import purchases, ranking

_shelf: dict = {}  # the goods last seen, and what they say
CANDIDATES = 3  # times as many are looked at as are shown, so that affordable ones can come first


def for_member(user, *, available: int, limit: int, tier: int = VISITOR) -> list[dict]:
    """Return up to ``limit`` of ``{product, reason, code}``; product facts as the storefront tells
    them.

    Three queries besides the kept goods: own purchases, their neighbours, the stock.
    """
    goods = storefront.popular()
    own = [
        purchase
        for purchase in purchases.of_member(user)
        if purchase.item in goods or isinstance(purchase.item, int)
    ]
    knowledge = _knowledge(goods, {purchase.item for purchase in own[: ranking.RECENT]})
    said = {}

    def facts():
        for one in ranking.ranked(knowledge, own, as_of=clock.today()):
            said[one.item] = one
            yield goods[one.item]

    best = storefront.in_stock(facts(), limit * CANDIDATES, available=available, tier=tier)
    # Sorting is stable: among what the points buy, and among the rest, the better suggestion stays
    # first.
    return [
        {
            "product": fact,
            "reason": _reason(said[fact["id"]], goods),
            "code": said[fact["id"]].reason,
        }
        for fact in sorted(best, key=lambda fact: not fact["affordable"])[:limit]
    ]


def with_product(
    product_id: int, *, available: int | None, limit: int, tier: int = VISITOR
) -> list[dict]:
    """Return up to ``limit`` goods in stock that the same people had, closest first."""
    goods = storefront.popular()
    others = (
        CoPurchase.objects.filter(product=product_id)
        .order_by("-score", "other_id")
        .values_list("other_id", flat=True)
    )
    close = [goods[other] for other in others if other in goods]
    return storefront.in_stock(close, limit, available=available, tier=tier)


def _knowledge(goods, items) -> ranking.Knowledge:
    neighbours = defaultdict(list)
    for product, other, score in _close_to([item for item in items if isinstance(item, int)]):
        if other in goods:
            neighbours[product].append((other, score))
    return replace(_of_the_shelf(goods), neighbours=neighbours)


def _close_to(products) -> list[tuple]:
    """Return (product, other, score), the closest first."""
    if not products:
        return []
    return rows.fetch(
        f"SELECT product_id, other_id, score FROM {rows.table(CoPurchase)}"
        f" WHERE product_id IN ({rows.marks(products)}) ORDER BY product_id, score DESC, other_id",
        products,
    )


def _of_the_shelf(goods) -> ranking.Knowledge:
    """Return what the goods say to everybody, made once for the same facts."""
    if _shelf.get("goods") is not goods:
        most = max((fact["popularity"] for fact in goods.values()), default=0) or 1
        popularity = {item: fact["popularity"] / most for item, fact in goods.items()}
        categories = {item: fact["category"]["id"] for item, fact in goods.items()}
        knowledge = ranking.Knowledge({}, popularity, categories)
        _shelf.update(goods=goods, knowledge=knowledge)
    return _shelf["knowledge"]


def _reason(suggestion, goods) -> str:
    if suggestion.reason == "together" and suggestion.because_of in goods:
        return _("Goes with %(product)s") % {"product": goods[suggestion.because_of]["name"]}
    if suggestion.reason == "together":
        return _("Often chosen by members like you")
    if suggestion.reason == "category":
        return _("More from %(category)s") % {
            "category": goods[suggestion.item]["category"]["name"]
        }
    return _("Popular right now")
