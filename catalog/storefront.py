"""What the shop window shows: lists, details and picks.

Facts of products (names, prices, pictures) are kept in the cache under a version that every
edit in the admin changes; how many pieces are left is always read live, by one query a page.
Nothing here decides: whether a member may redeem is asked again by the orders app.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.urls import reverse
from django.utils.translation import get_language

from catalog import richtext, stock
from catalog.models import Category, Product, Sku, Stock, is_within
from mall.core import clock

PAGE_SIZE = 24
KEPT_SECONDS = 60
VERSION_KEY = "catalog:version"
SEARCH_WORDS = 5
COMMON_PAGES = 20
MOST_GOODS = 1000
FARTHEST = 2_000_000_000  # what has no price in points stands behind everything that has one
ORDERINGS = {
    "newest": ("-id",),
    "popular": ("-popularity", "-id"),
    "points_price": ("unpriced", "points_price", "cash_price", "-id"),
    "-points_price": ("unpriced", "-points_price", "-cash_price", "-id"),
}
PRICED_IN_POINTS = (Product.PayMode.POINTS, Product.PayMode.POINTS_CASH)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a shopper asked to see. Points bounds are inclusive and leave out what is not priced in
    points.
    """

    search: str = ""
    category: str = ""
    pay_mode: str = ""
    min_points: int | None = None
    max_points: int | None = None
    affordable_with: int | None = None
    ordering: str = "newest"
    page: int = 1

    @property
    def is_common(self) -> bool:
        """Whether many visitors ask the same: only then is the answer worth keeping (and nobody can
        fill the cache).
        """
        return self.page <= COMMON_PAGES and not self.search and not self.is_bounded

    @property
    def is_bounded(self) -> bool:
        """Whether only what is priced in points fits."""
        return any(
            bound is not None for bound in (self.min_points, self.max_points, self.affordable_with)
        )


class Shelf(Page):
    """One page of product facts, with the pager a template expects."""

    def __init__(self, facts, *, number, count):
        pages = Paginator(range(count), PAGE_SIZE)
        super().__init__(facts, min(number, pages.num_pages), pages)


def listing(filters: Filters, *, available: int | None = None) -> Shelf:
    """Return one page of products on sale, each with live ``in_stock`` and ``affordable``.

    ``available`` are the reader's points (None for a visitor). A page past the end is the last one.
    An unknown category holds nothing.
    """
    key = f"list:{filters.category}:{filters.pay_mode}:{filters.ordering}:{filters.page}"
    found = _kept(key, lambda: _find(filters)) if filters.is_common else _find(filters)
    return Shelf(_with_stock(found["facts"], available), number=filters.page, count=found["count"])


def detail(product_id: int, *, available: int | None = None) -> dict | None:
    """Return the facts of one product with its SKUs' live stock; None when it is no product on sale
    now.

    ``available`` are the reader's points; each SKU says how many are ``missing`` (0 when they are
    enough or not known).
    """
    product = _kept(f"detail:{int(product_id)}", lambda: _describe(product_id))
    if product is None or not is_within(
        product["sale_starts_at"], product["sale_ends_at"], clock.now()
    ):
        return None
    left = stock.available([sku["id"] for sku in product["skus"]])
    skus = [
        {**sku, "stock": left[sku["id"]], "missing": _missing(sku, available)}
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
    """Return up to ``limit`` products in stock: what these points buy first, then the nearest to
    reach.
    """
    shelves = Stock.objects.filter(sku__product=OuterRef("pk"), sku__is_active=True, quantity__gt=0)
    near = Case(
        When(pay_mode__in=PRICED_IN_POINTS, points_price__lte=available or 0, then=Value(0)),
        When(pay_mode__in=PRICED_IN_POINTS, then=F("points_price")),
        default=Value(FARTHEST),
        output_field=IntegerField(),
    )
    chosen = _priced().filter(Exists(shelves)).order_by(near, "-popularity", "-id")[:limit]
    return [
        {**_fact(product), "in_stock": True, "affordable": _affordable(_fact(product), available)}
        for product in chosen
    ]


def everything(available: int | None) -> dict[int, dict]:
    """Return the goods in stock by id, at most MOST_GOODS, the most popular: facts kept, the stock
    read by one query.
    """
    popular = _kept(
        "everything",
        lambda: [
            {**_fact(product), "popularity": product.popularity}
            for product in _priced().order_by("-popularity", "-id")[:MOST_GOODS]
        ],
    )
    return {fact["id"]: fact for fact in _with_stock(popular, available) if fact["in_stock"]}


def tree() -> list[dict]:
    """Return all categories, parents before children: id, slug, name, icon, parent, depth, and the
    ids beneath.
    """
    return _kept("tree", _grow)


def category(slug: str) -> dict | None:
    """Return one category of the tree by its slug (or its id), or None."""
    return next((node for node in tree() if slug in (node["slug"], str(node["id"]))), None)


def forget() -> None:
    """Let every kept fact be read anew, once the present transaction is committed.

    Should the process die in between, the old facts still end by themselves after KEPT_SECONDS.
    """
    transaction.on_commit(lambda: cache.set(VERSION_KEY, uuid4().hex, None))


# --- finding ------------------------------------------------------------------
def _priced():
    """Products on sale with the price of their cheapest offered SKU; those without one are left
    out.
    """
    offered = Sku.objects.filter(product=OuterRef("pk"), is_active=True).order_by(
        "points_price", "cash_price", "id"
    )
    choices = offered.order_by().values("product").annotate(n=Count("pk")).values("n")
    return (
        Product.objects.for_sale()
        .select_related("category")
        .defer("description", "description_zh_hans", "description_en")
        .annotate(
            points_price=Subquery(offered.values("points_price")[:1]),
            cash_price=Subquery(offered.values("cash_price")[:1]),
            choices=Subquery(choices),
            unpriced=Case(When(pay_mode__in=PRICED_IN_POINTS, then=Value(0)), default=Value(1)),
        )
        .filter(choices__gt=0)
    )


def _find(filters: Filters) -> dict:
    products = _priced()
    if filters.category:
        shelf = category(filters.category)
        products = products.filter(category__in=shelf["beneath"]) if shelf else products.none()
    if filters.pay_mode:
        products = products.filter(pay_mode=filters.pay_mode)
    if filters.is_bounded:
        bounds = [
            bound for bound in (filters.max_points, filters.affordable_with) if bound is not None
        ]
        products = products.filter(
            pay_mode__in=PRICED_IN_POINTS, points_price__gte=filters.min_points or 0
        )
        products = products.filter(points_price__lte=min(bounds)) if bounds else products
    for word in filters.search.split()[:SEARCH_WORDS]:
        products = products.filter(_says(word))
    count = products.count()
    start = (min(filters.page, max(1, -(-count // PAGE_SIZE))) - 1) * PAGE_SIZE
    chosen = (
        products.order_by(*ORDERINGS[filters.ordering])[start : start + PAGE_SIZE] if count else []
    )
    return {"count": count, "facts": [_fact(product) for product in chosen]}


def _says(word) -> Q:
    """Whether a product's name, summary or tags hold a word, in either language."""
    places = ("name_zh_hans", "name_en", "summary_zh_hans", "summary_en", "tags")
    return Q(*[(f"{place}__icontains", word) for place in places], _connector=Q.OR)


def _with_stock(facts, available) -> list[dict]:
    in_stock = set(
        Stock.objects.filter(
            sku__product__in=[fact["id"] for fact in facts], sku__is_active=True, quantity__gt=0
        ).values_list("sku__product", flat=True)
    )
    return [
        {**fact, "in_stock": fact["id"] in in_stock, "affordable": _affordable(fact, available)}
        for fact in facts
    ]


def _affordable(fact, available) -> bool:
    return (
        available is not None
        and fact["pay_mode"] in PRICED_IN_POINTS
        and fact["points_price"] <= available
    )


def _missing(sku, available) -> int:
    return 0 if available is None else max(0, sku["points_price"] - available)


# --- facts --------------------------------------------------------------------
def _fact(product) -> dict:
    return {
        "id": product.pk,
        "url": reverse("catalog:detail", args=[product.pk]),
        "name": product.name,
        "summary": product.summary or "",
        "kind": product.kind,
        "pay_mode": product.pay_mode,
        "category": {
            "id": product.category.pk,
            "slug": product.category.slug,
            "name": product.category.name,
        },
        "image_url": product.image_url,
        "points_price": product.points_price,
        "cash_price": product.cash_price,
        "has_choices": product.choices > 1,
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
    cheapest = min(skus, key=lambda sku: (sku.points_price, sku.cash_price, sku.pk))
    product.points_price, product.cash_price, product.choices = (
        cheapest.points_price,
        cheapest.cash_price,
        len(skus),
    )
    return {
        **_fact(product),
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


# --- keeping ------------------------------------------------------------------
def _kept(key, read):
    """Return what ``read()`` finds, kept by language for KEPT_SECONDS, until an edit, or until a
    sale starts or ends.

    The version is read before the rows: facts found while an edit commits end up under the old one.
    """
    version = cache.get_or_set(VERSION_KEY, lambda: uuid4().hex, None)
    key = f"catalog:{version}:{get_language()}:{key}"
    kept, now = cache.get(key), clock.now()
    if kept is not None and now < kept["until"]:
        return kept["found"]
    until = min([now + timedelta(seconds=KEPT_SECONDS), *_next_bounds(now)])
    found = read()
    if found is not None:
        cache.set(key, {"found": found, "until": until}, KEPT_SECONDS)
    return found


def _next_bounds(now) -> list:
    bounds = Product.objects.filter(status=Product.Status.ON).aggregate(
        start=Min("sale_starts_at", filter=Q(sale_starts_at__gt=now)),
        end=Min("sale_ends_at", filter=Q(sale_ends_at__gt=now)),
    )
    return [bound for bound in bounds.values() if bound]
