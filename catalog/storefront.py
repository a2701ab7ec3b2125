"""What the shop window shows: lists, details and picks.

Facts of products (names, prices, pictures) are kept in the process until an edit (catalog/kept.py);
how many pieces are left is read live, by one query a page. Nothing here decides: whether a member
may redeem is asked again by the orders app.
"""

from itertools import islice

from catalog import audience, facts, finding, kept, shelf, stock
from catalog.audience import VISITOR
from catalog.facts import SHOWN, tree
from catalog.finding import ORDERINGS, PRICED_IN_POINTS, Filters, Shelf
from catalog.kept import KEPT_SECONDS, forget
from catalog.models import HIGHEST_TIER, is_within
from mall.core import clock

__all__ = [
    "KEPT_SECONDS", "ORDERINGS", "PRICED_IN_POINTS", "Filters", "Shelf", "category", "detail",
    "forget", "in_stock", "is_affordable", "listing", "named", "picks", "popular",
    "tree", "with_stock",
]  # fmt: skip
MOST_GOODS = 1000
NEAREST = 100  # below and above what somebody has, so that enough of them are in stock


def listing(filters: Filters, *, available: int | None = None) -> Shelf:
    """Return one page of products on sale, each with live ``in_stock`` and ``affordable``.

    ``available`` are the reader's points (None for a visitor). A page past the end is the last one.
    An unknown category holds nothing.
    """
    found = kept.fact(filters, lambda: _find(filters)) if filters.is_common else _find(filters)
    goods = with_stock(found["facts"], available, filters.tier)
    shelf = Shelf(goods, number=filters.page, count=found["count"])
    shelf.is_guess = found["is_guess"]
    return shelf


def detail(product_id: int, *, available: int | None = None, tier: int = VISITOR) -> dict | None:
    """Return the facts of one product with its SKUs' stock; None when it is no product on sale now,
    or not shown to the reader.

    ``available`` are the reader's points, ``tier`` is theirs (catalog/audience.py); each SKU says
    how many are ``missing`` (0 when they are enough or not known).
    """
    product = _on_sale(product_id)
    if product is None or not audience.is_shown(product["tier_to_see"], tier):
        return None
    left = stock.available([sku["id"] for sku in product["skus"]])
    skus = [
        {**sku, "stock": left.get(sku["id"], 0), "missing": _missing(sku, available)}
        for sku in product["skus"]
    ]
    in_stock = any(sku["stock"] for sku in skus)
    return {
        **product,
        "skus": skus,
        "in_stock": in_stock,
        **_reach(product, available, tier),
    }


def picks(available: int | None, limit: int, *, tier: int = VISITOR) -> list[dict]:
    """Return up to ``limit`` products in stock: what these points buy first, the most popular of
    it, then the nearest to reach.

    Chosen among the MOST_GOODS most popular and the NEAREST ones below and above these points, so
    that a long shelf costs no more than a short one.
    """
    goods = dict(popular())
    if len(goods) == MOST_GOODS:  # there may be more
        for fact in (*_nearest_within(available, tier), *_next_dearer(available or 0, tier)):
            goods.setdefault(fact["id"], fact)
    in_reach, beyond, in_yuan = [], [], []
    for fact in goods.values():
        if fact["pay_mode"] not in PRICED_IN_POINTS:
            in_yuan.append(fact)
        else:
            (in_reach if is_affordable(fact, available) else beyond).append(fact)
    beyond.sort(key=lambda fact: fact["points_price"])
    return in_stock([*in_reach, *beyond, *in_yuan], limit, available=available, tier=tier)


def popular() -> dict[int, dict]:
    """Return the facts of the MOST_GOODS most popular goods by id, the most popular first, each
    with its ``popularity``; sold-out ones and those for some tiers too.
    """
    return kept.fact("popular", _popular)


def in_stock(goods, limit: int, *, available: int | None, tier: int = VISITOR) -> list[dict]:
    """Return the first ``limit`` of these facts that a reader of this tier may have and that are in
    stock, asked live and only as far as needed.
    """
    goods = (one for one in goods if not audience.locked_until(one["tier_to_redeem"], tier))
    found, step = [], 4 * limit
    while len(found) < limit and (some := list(islice(goods, step))):
        found += [fact for fact in with_stock(some, available, tier) if fact["in_stock"]]
        step *= 4
    return found[:limit]


def named(product_ids, *, available: int | None, tier: int = VISITOR) -> list[dict]:
    """Return the facts of these products in this order, each with live ``in_stock``; what is not
    offered now is left out.
    """
    if not product_ids:
        return []
    rows = finding.offered(tier).filter(pk__in=product_ids).values(*SHOWN)
    shown = {fact["id"]: fact for fact in facts.listed(rows)}
    return with_stock([shown[pk] for pk in product_ids if pk in shown], available, tier)


def category(slug: str) -> dict | None:
    """Return one category of the tree by its slug (or its id), or None."""
    return next((node for node in tree() if slug in (node["slug"], str(node["id"]))), None)


def with_stock(shown, available: int | None, tier: int = VISITOR) -> list[dict]:
    """Return facts with live ``in_stock``, and for a reader of these points and tier
    ``affordable``, and ``locked_until`` which tier (0: not).
    """
    stocked = kept.stocked([fact["id"] for fact in shown], shelf.stocked)
    return [
        {**fact, "in_stock": stocked[fact["id"]], **_reach(fact, available, tier)} for fact in shown
    ]


def is_affordable(fact, available) -> bool:
    """Whether these points buy a piece; points alone buy nothing that costs yuan."""
    return (
        available is not None
        and fact["pay_mode"] in PRICED_IN_POINTS
        and fact["points_price"] <= available
    )


# --- finding ------------------------------------------------------------------
def _find(filters: Filters) -> dict:
    categories = None
    if filters.category:
        shelf = category(filters.category)
        categories = shelf["beneath"] if shelf else []
    products = finding.matching(filters, categories=categories)
    if filters.is_common:
        count = kept.fact(
            ("count", filters.category, filters.pay_mode, filters.tier), products.count
        )
        asked = finding.Asked(products=products, count=count)
    else:
        asked = finding.ask(products, filters)
    chosen = asked.page(filters, *SHOWN) if asked.count else []
    return {"count": asked.count, "facts": facts.listed(chosen), "is_guess": asked.is_guess}


def _popular() -> dict[int, dict]:
    most = finding.offered(HIGHEST_TIER).order_by("-popularity", "-id")
    rows = list(most.values(*SHOWN, "popularity")[:MOST_GOODS])
    return {
        fact["id"]: {**fact, "popularity": row["popularity"]}
        for row, fact in zip(rows, facts.listed(rows), strict=True)
    }


def _nearest_within(points, tier) -> list[dict]:
    if not points:
        return []
    within = finding.offered(tier).filter(is_yuan_priced=False, lowest_points__lte=points)
    return facts.listed(within.order_by(*ORDERINGS["-points_price"]).values(*SHOWN)[:NEAREST])


def _next_dearer(points, tier) -> list[dict]:
    dearer = finding.offered(tier).filter(is_yuan_priced=False, lowest_points__gt=points)
    return facts.listed(dearer.order_by(*ORDERINGS["points_price"]).values(*SHOWN)[:NEAREST])


def _reach(fact, available, tier) -> dict:
    locked_until = audience.locked_until(fact["tier_to_redeem"], tier)
    affordable = not locked_until and is_affordable(fact, available)
    return {"affordable": affordable, "locked_until": locked_until}


def _missing(sku, available) -> int:
    return 0 if available is None else max(0, sku["points_price"] - available)


def _on_sale(product_id) -> dict | None:
    product = kept.fact(("detail", int(product_id)), lambda: facts.detailed(product_id))
    if product and is_within(product["sale_starts_at"], product["sale_ends_at"], clock.now()):
        return product
    return None
