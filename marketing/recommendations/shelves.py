"""The two shelves of a member, as pages and API show them: *new for you* and *buy again*.

What the points buy and what is in stock comes first, in the order of how well it fits; what is left
of the shelf is filled with goods to save for. The weights are counted each night (nightly), the
member's own purchases are read live, so an order placed a minute ago counts.
"""

from itertools import chain, islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import storefront
from catalog.audience import VISITOR
from catalog.models import Product
from mall.core import clock, rows
from mall.core.templatetags.mall import points
from marketing.models import Affinity
from marketing.recommendations import purchases, ranking, weights
from marketing.recommendations.ranking import Says, Suggestion, Taste
from orders import purchase_limits

NEW, AGAIN = SHELVES = ("new", "again")
REASONS = ("together", "several", "popular", "alike", "again")
OWN_AT_MOST = 200  # goods of one's own that speak, the latest
AHEAD = 2  # times as many are looked at as are shown: some will be gone
BEYOND_THE_KEPT = 60  # goods that fit, where a shop has more of them than are kept

_popularity: dict = {}  # the goods last seen, and how popular each is


def of_member(
    user, *, available: int, limits: dict[str, int], tier: int = VISITOR
) -> dict[str, list[dict]]:
    """Return {shelf: suggestions}, up to ``limits`` (by shelf) of ``{product, shelf, reason, code,
    missing}``; product facts as the storefront tells them, ``missing`` are the points that lack.

    Four statements besides the kept goods: own purchases, an earlier shop's, what they say, the
    stock; two more where the member had goods that are limited.
    """
    habits = ranking.habits_of(purchases.of_member(user))
    taste = _taste(habits)
    goods = _goods(taste, habits, available, tier)
    said = {
        AGAIN: _again(user, habits, taste, goods),
        NEW: (taste.suggestion(item) for item in taste.ranked(habits) if item in goods),
    }
    wanted = {
        shelf: _affordable_first(said[shelf], goods, available, tier)
        for shelf in SHELVES
        if limits.get(shelf)
    }
    found = _in_stock(wanted, limits, available, tier)
    if NEW in found:
        found[NEW] = _with_newcomers(found[NEW], taste, habits, goods, limits[NEW], available, tier)
    return {
        shelf: [_shown(shelf, one, fact, goods, available) for one, fact in found.get(shelf, ())]
        for shelf in SHELVES
    }


def _taste(habits) -> Taste:
    own = sorted(habits, key=lambda item: habits[item].last, reverse=True)
    own = [item for item in own if isinstance(item, int)][:OWN_AT_MOST]
    says, per_buyer = {}, 1.0
    for product, share, told, alike in _say(own):
        says[product] = Says(
            *(dict(zip(*weights.unpacked(part), strict=True)) for part in (told, alike))
        )
        per_buyer = share
    return Taste(says, _popularity_of(storefront.popular()), per_buyer)


def _say(products) -> list[tuple]:
    """Return (product, per_buyer, weights, alike) of what one had, in one statement."""
    if not products:
        return []
    return rows.fetch(
        f"SELECT product_id, per_buyer, weights, alike FROM {rows.table(Affinity)}"
        f" WHERE product_id IN ({rows.marks(products)})",
        products,
    )


def _popularity_of(goods) -> dict:
    """Return how popular each of the kept goods is, made once for the same facts."""
    if _popularity.get("goods") is not goods:
        told = {item: fact["popularity"] for item, fact in goods.items()}
        _popularity.update(goods=goods, told=told)
    return _popularity["told"]


def _goods(taste, habits, available, tier) -> dict:
    """Return the facts of the goods that may be suggested: the kept ones, and where a shop has more
    of them, those that fit best and one's own besides.
    """
    goods = storefront.popular()
    if len(goods) < storefront.MOST_GOODS:
        return goods
    fitting = (item for item in taste.ranked() if item not in goods)
    own = (item for item in habits if isinstance(item, int) and item not in goods)
    besides = dict.fromkeys(islice(chain(own, fitting), BEYOND_THE_KEPT))
    named = storefront.named(list(besides), available=available, tier=tier)
    return {**goods, **{fact["id"]: fact for fact in named}}


def _again(user, habits, taste, goods):
    """Return one's own goods but for those one may have no more of."""
    own = [one for one in ranking.again(habits, taste.popularity) if one.item in goods]
    limited = [one.item for one in own if goods[one.item]["is_limited"]]
    used_up = _used_up(user, limited) if limited else set()
    return [one for one in own if one.item not in used_up]


def _used_up(user, product_ids) -> set[int]:
    now = clock.now()
    products = list(Product.objects.filter(pk__in=product_ids))
    had = purchase_limits.had_by(user, products, now)
    return {
        product.pk
        for product in products
        if any(
            room < 1
            for room, _refusal in purchase_limits.rooms(
                product, had.get(product.pk, purchase_limits.Had()), now
            )
        )
    }


def _affordable_first(said, goods, available, tier):
    """Yield (suggestion, facts): what the points buy, then the rest, each best first; nothing that
    a reader of this tier may not have.
    """
    beyond = []

    def within():
        for one in said:
            fact = goods[one.item]
            if fact["tier_to_redeem"] > tier:
                continue
            if storefront.is_affordable(fact, available):
                yield one, fact
            else:
                beyond.append((one, fact))

    return chain(within(), beyond)


def _in_stock(wanted, limits, available, tier) -> dict:
    """Return {shelf: [(suggestion, facts with stock)]}; the stock of all shelves is asked at
    once, and again only where much is gone.
    """
    heads = {shelf: list(islice(some, AHEAD * limits[shelf])) for shelf, some in wanted.items()}
    known = _stocked(chain(*heads.values()), available, tier)
    found = {}
    for shelf, head in heads.items():
        found[shelf], limit = [], limits[shelf]
        while head and len(found[shelf]) < limit:
            here = [(one, known[one.item]) for one, _fact in head]
            found[shelf] += [(one, fact) for one, fact in here if fact["in_stock"]]
            if len(found[shelf]) < limit:
                head = list(islice(wanted[shelf], AHEAD * limit))
                known |= _stocked(head, available, tier)
        found[shelf] = found[shelf][:limit]
    return found


def _stocked(some, available, tier) -> dict:
    facts = {one.item: fact for one, fact in some}
    return {fact["id"]: fact for fact in storefront.with_stock(facts.values(), available, tier)}


def _with_newcomers(found, taste, habits, goods, limit, available, tier) -> list:
    """Return the shelf with the places that are kept for new goods, where one is affordable and in
    stock.
    """
    places = round(limit / ranking.SLOT)
    called = (goods[item] for item in taste.called_alike(habits) if item in goods)
    within = (fact for fact in called if storefront.is_affordable(fact, available))
    shown = storefront.in_stock(within, places, available=available, tier=tier) if places else []
    newcomers = [(taste.newcomer(fact["id"]), fact) for fact in shown]
    there = {fact["id"] for fact in shown}
    kept = [(one, fact) for one, fact in found if one.item not in there]
    return [*kept[: limit - len(newcomers)], *newcomers]


def _shown(shelf, suggestion: Suggestion, fact, goods, available) -> dict:
    missing = 0
    if fact["pay_mode"] in storefront.PRICED_IN_POINTS:
        missing = max(0, fact["points_price"] - available)
    reason = _reason(suggestion, goods)
    if missing:
        lacking = ngettext("%(points)s point to save", "%(points)s points to save", missing) % {
            "points": points(missing)
        }
        reason = f"{reason} · {lacking}"
    return {
        "product": fact,
        "shelf": shelf,
        "reason": reason,
        "code": suggestion.reason,
        "missing": missing,
    }


def _reason(suggestion, goods) -> str:
    named = goods.get(suggestion.because_of)
    if suggestion.reason == "again":
        return _("You have had it before")
    if suggestion.reason == "alike" and named:
        return _("New, and much like %(product)s") % {"product": named["name"]}
    if suggestion.reason == "together" and named:
        return _("Goes with %(product)s") % {"product": named["name"]}
    if suggestion.reason == "popular":
        return _("Popular right now")
    return _("Fits several of your choices")
