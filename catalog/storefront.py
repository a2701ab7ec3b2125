"""What the shop window shows: lists, details and picks.

Facts of products (names, prices, pictures) are kept in the process until an edit (catalog/kept.py);
how many pieces are left is read live, by one query a page. Nothing here decides: whether a member
may redeem is asked again by the orders app.
"""

from itertools import islice

from django.urls import reverse

from catalog import finding, kept, stock
from catalog.finding import ORDERINGS, PRICED_IN_POINTS, Filters, Shelf
from catalog.kept import KEPT_SECONDS, forget
from catalog.models import Category, Product, is_within, picture_url
from mall.core import clock, richtext

__all__ = [
    "KEPT_SECONDS", "ORDERINGS", "PRICED_IN_POINTS", "Filters", "Shelf", "category", "detail",
    "forget", "in_stock", "listing", "named", "pieces_of", "picks", "popular", "tree", "with_stock",
]  # fmt: skip
MOST_GOODS = 1000
SHOWN = (
    "id", "name", "summary", "kind", "pay_mode", "category_id", "image", "illustration",
    "lowest_points", "lowest_cash", "choices",
)  # fmt: skip
NEAREST = 100  # below and above what somebody has, so that enough of them are in stock


def listing(filters: Filters, *, available: int | None = None) -> Shelf:
    """Return one page of products on sale, each with live ``in_stock`` and ``affordable``.

    ``available`` are the reader's points (None for a visitor). A page past the end is the last one.
    An unknown category holds nothing.
    """
    found = kept.fact(filters, lambda: _find(filters)) if filters.is_common else _find(filters)
    shelf = Shelf(with_stock(found["facts"], available), number=filters.page, count=found["count"])
    shelf.is_guess = found["is_guess"]
    return shelf


def pieces_of(product_id: int, *, versions=kept.ASK) -> dict[int, int]:
    """Return what is left of each SKU of a product right now; nothing when it is not on sale.
    ``versions`` are those of ``kept``, if they were asked for a moment ago.
    """
    product = _on_sale(product_id, versions)
    return stock.available([sku["id"] for sku in product["skus"]]) if product else {}


def detail(
    product_id: int, *, available: int | None = None, left: dict[int, int] | None = None
) -> dict | None:
    """Return the facts of one product with its SKUs' stock; None when it is no product on sale now.

    ``available`` are the reader's points; each SKU says how many are ``missing`` (0 when they are
    enough or not known). ``left`` are pieces asked a moment ago; without them they are read live.
    """
    product = _on_sale(product_id)
    if product is None:
        return None
    left = left or stock.available([sku["id"] for sku in product["skus"]])
    skus = [
        {**sku, "stock": left.get(sku["id"], 0), "missing": _missing(sku, available)}
        for sku in product["skus"]
    ]
    in_stock = any(sku["stock"] for sku in skus)
    return {
        **product,
        "skus": skus,
        "in_stock": in_stock,
        "affordable": _affordable(product, available),
    }


def picks(available: int | None, limit: int) -> list[dict]:
    """Return up to ``limit`` products in stock: what these points buy first, the most popular of
    it, then the nearest to reach.

    Chosen among the MOST_GOODS most popular and the NEAREST ones below and above these points, so
    that a long shelf costs no more than a short one.
    """
    goods = dict(popular())
    if len(goods) == MOST_GOODS:  # there may be more
        for fact in (*_nearest_within(available), *_next_dearer(available or 0)):
            goods.setdefault(fact["id"], fact)
    in_reach, beyond, in_yuan = [], [], []
    for fact in goods.values():
        if fact["pay_mode"] not in PRICED_IN_POINTS:
            in_yuan.append(fact)
        else:
            (in_reach if _affordable(fact, available) else beyond).append(fact)
    beyond.sort(key=lambda fact: fact["points_price"])
    return in_stock([*in_reach, *beyond, *in_yuan], limit, available=available)


def popular() -> dict[int, dict]:
    """Return the facts of the MOST_GOODS most popular goods by id, the most popular first, each
    with its ``popularity``; sold-out ones too.
    """
    return kept.fact("popular", _popular)


def in_stock(facts, limit: int, *, available: int | None) -> list[dict]:
    """Return the first ``limit`` of these facts that are in stock, asked live and only as far as
    needed.
    """
    facts, found, step = iter(facts), [], 4 * limit
    while len(found) < limit and (some := list(islice(facts, step))):
        found += [fact for fact in with_stock(some, available) if fact["in_stock"]]
        step *= 4
    return found[:limit]


def named(product_ids, *, available: int | None) -> list[dict]:
    """Return the facts of these products in this order, each with live ``in_stock``; what is not
    offered now is left out.
    """
    if not product_ids:
        return []
    rows = finding.offered().filter(pk__in=product_ids).values(*SHOWN)
    facts = {fact["id"]: fact for fact in _facts(rows)}
    return with_stock([facts[pk] for pk in product_ids if pk in facts], available)


def tree() -> list[dict]:
    """Return all categories, parents before children: id, slug, name, icon, parent, depth, and the
    ids beneath.
    """
    return kept.fact("tree", _grow)


def category(slug: str) -> dict | None:
    """Return one category of the tree by its slug (or its id), or None."""
    return next((node for node in tree() if slug in (node["slug"], str(node["id"]))), None)


def with_stock(facts, available: int | None) -> list[dict]:
    """Return the facts with live ``in_stock``, and ``affordable`` with these points."""
    stocked = kept.stocked([fact["id"] for fact in facts], stock.stocked)
    return [
        {**fact, "in_stock": stocked[fact["id"]], "affordable": _affordable(fact, available)}
        for fact in facts
    ]


# --- finding ------------------------------------------------------------------
def _find(filters: Filters) -> dict:
    categories = None
    if filters.category:
        shelf = category(filters.category)
        categories = shelf["beneath"] if shelf else []
    products = finding.matching(filters, categories=categories)
    if filters.is_common:
        count = kept.fact(("count", filters.category, filters.pay_mode), products.count)
        asked = finding.Asked(products=products, count=count)
    else:
        asked = finding.ask(products, filters)
    chosen = asked.page(filters, *SHOWN) if asked.count else []
    return {"count": asked.count, "facts": _facts(chosen), "is_guess": asked.is_guess}


def _popular() -> dict[int, dict]:
    most = finding.offered().order_by("-popularity", "-id")
    rows = list(most.values(*SHOWN, "popularity")[:MOST_GOODS])
    return {
        fact["id"]: {**fact, "popularity": row["popularity"]}
        for row, fact in zip(rows, _facts(rows), strict=True)
    }


def _nearest_within(points) -> list[dict]:
    if not points:
        return []
    within = finding.offered().filter(is_yuan_priced=False, lowest_points__lte=points)
    return _facts(within.order_by(*ORDERINGS["-points_price"]).values(*SHOWN)[:NEAREST])


def _next_dearer(points) -> list[dict]:
    dearer = finding.offered().filter(is_yuan_priced=False, lowest_points__gt=points)
    return _facts(dearer.order_by(*ORDERINGS["points_price"]).values(*SHOWN)[:NEAREST])


def _affordable(fact, available) -> bool:
    return (
        available is not None
        and fact["pay_mode"] in PRICED_IN_POINTS
        and fact["points_price"] <= available
    )


def _missing(sku, available) -> int:
    return 0 if available is None else max(0, sku["points_price"] - available)


def _on_sale(product_id, versions=kept.ASK) -> dict | None:
    key = ("detail", int(product_id))
    product = kept.fact(key, lambda: _describe(product_id), known=versions)
    if product and is_within(product["sale_starts_at"], product["sale_ends_at"], clock.now()):
        return product
    return None


# --- facts --------------------------------------------------------------------
def _facts(rows) -> list[dict]:
    """Return what a list shows of products, from the SHOWN values of their rows.

    The categories come from the kept tree (or a new one, where they are younger). Joined, MariaDB
    would begin with the few categories and sort all their goods.
    """
    rows = list(rows)
    shelves = {shelf["id"]: shelf for shelf in tree()}
    if any(row["category_id"] not in shelves for row in rows):
        shelves = {shelf["id"]: shelf for shelf in _grow()}
    return [_fact(row, shelves[row["category_id"]]) for row in rows]


def _fact(row, shelf) -> dict:
    return {
        "id": row["id"],
        "url": reverse("catalog:detail", args=[row["id"]]),
        "name": row["name"],
        "summary": row["summary"] or "",
        "kind": row["kind"],
        "pay_mode": row["pay_mode"],
        "category": {name: shelf[name] for name in ("id", "slug", "name")},
        "image_url": picture_url(str(row["image"] or ""), row["illustration"]),
        "points_price": row["lowest_points"],
        "cash_price": row["lowest_cash"],
        "has_choices": row["choices"] > 1,
    }


def _describe(product_id) -> dict | None:
    product = (
        Product.objects.filter(pk=product_id, status=Product.Status.ON)
        .select_related("category")
        .prefetch_related("images")
        .first()
    )
    skus = list(product.skus.filter(is_active=True)) if product else []
    if not skus:
        return None
    shelf = {name: getattr(product.category, name) for name in ("id", "slug", "name")}
    return {
        **_fact({name: getattr(product, name) for name in SHOWN}, shelf),
        "pay_mode_label": str(product.get_pay_mode_display()),
        "description": richtext.safe(product.description),
        "limit_per_order": product.limit_per_order,
        "limit_per_person": product.limit_per_person,
        "sale_starts_at": product.sale_starts_at,
        "sale_ends_at": product.sale_ends_at,
        "pictures": [
            {"image_url": image.image_url, "alt": image.alt or ""} for image in product.images.all()
        ],
        "skus": [
            {
                "id": sku.pk,
                "name": sku.name or "",
                "points_price": sku.points_price,
                "cash_price": sku.cash_price,
            }
            for sku in skus
        ],
    }


def _grow() -> list[dict]:
    below: dict[int | None, list[Category]] = {}
    for shelf in Category.objects.all():
        below.setdefault(shelf.parent_id, []).append(shelf)

    def branch(parent, depth):
        for shelf in below.get(parent, []):
            inner = list(branch(shelf.pk, depth + 1))
            node = {
                "id": shelf.pk,
                "slug": shelf.slug,
                "name": shelf.name,
                "icon": shelf.icon,
                "parent": parent,
                "depth": depth,
            }
            yield {**node, "beneath": [shelf.pk, *(child["id"] for child in inner)]}
            yield from inner

    return list(branch(None, 0))
