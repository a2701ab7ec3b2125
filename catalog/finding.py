"""Finding goods: what may be asked of a list, and the page it gives."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Value

from catalog.models import PRICED_IN_POINTS, Product, ProductWords, folded, is_within_sale
from mall.core import clock

PAGE_SIZE = 24
SEARCH_WORDS = 5
COMMON_PAGES = 20
FEW = 1000
ORDERINGS = {
    "newest": ("-id",),
    "popular": ("-popularity", "-id"),
    "points_price": ("is_yuan_priced", "lowest_points", "lowest_cash", "-id"),
    "-points_price": ("is_yuan_priced", "-lowest_points", "-lowest_cash", "-id"),
}


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
        fill the memory).
        """
        return self.page <= COMMON_PAGES and not self.search and not self.is_bounded

    @property
    def is_search_alone(self) -> bool:
        """Whether nothing but words was asked for."""
        return bool(self.search) and not (self.category or self.pay_mode or self.is_bounded)

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


def offered():
    """Products on sale that offer a SKU, without the long texts no list shows."""
    return (
        Product.objects.for_sale()
        .filter(choices__gt=0)
        .defer("description", "description_zh_hans", "description_en")
    )


def matching(filters: Filters, *, categories: list[int] | None):
    """Return the products that fit; ``categories`` are the shelves asked for (None: all)."""
    products = offered()
    if categories is not None:
        products = products.filter(category__in=categories)
    if filters.pay_mode:
        # the second follows from the first, and lets an order by price begin where these goods do
        in_yuan = filters.pay_mode not in PRICED_IN_POINTS
        products = products.filter(pay_mode=filters.pay_mode, is_yuan_priced=in_yuan)
    if filters.is_bounded:
        bounds = [
            bound for bound in (filters.max_points, filters.affordable_with) if bound is not None
        ]
        products = products.filter(is_yuan_priced=False, lowest_points__gte=filters.min_points or 0)
        products = products.filter(lowest_points__lte=min(bounds)) if bounds else products
    return products


def counted(products, filters: Filters):
    """Return the products, those of a search among them, and how many they are. Few are named by
    their ids: to find those of an order that rare ones have to be picked out of, a database would
    walk the whole shelf.
    """
    if filters.search.split():
        searched = Searched(filters.search)
        few = searched.few()
        if few is not None:
            products = products.filter(pk__in=few)
        else:
            products = searched.among(products)
        if filters.is_search_alone:
            return products, len(few) if few is not None else searched.count()
    few = list(products.order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(few) > FEW:
        return products, products.count()
    return offered().filter(pk__in=few), len(few)


def page_of(products, filters: Filters, *, count: int):
    """Return the products of one page; a page past the end is the last one."""
    start = (min(filters.page, max(1, -(-count // PAGE_SIZE))) - 1) * PAGE_SIZE
    return products.order_by(*ORDERINGS[filters.ordering])[start : start + PAGE_SIZE]


class _Place(Func):
    """Where some bytes begin in others; 0 where they are not in them."""

    function = "INSTR"
    output_field = IntegerField()


class Searched:
    """The goods that hold all words of a search: in name, summary or tags, in either language."""

    def __init__(self, search: str):
        words = [folded(word).encode() for word in search.split()[:SEARCH_WORDS]]
        says = {f"word{n}": _Place(F("text"), Value(word)) for n, word in enumerate(words)}
        self._said = ProductWords.objects.order_by().alias(**says)
        self._said = self._said.filter(**{f"{name}__gt": 0 for name in says})

    def few(self) -> list[int] | None:
        """Return the ids of those on sale; None when they are more than FEW."""
        found = list(self._offered().values_list("pk", flat=True)[: FEW + 1])
        return found if len(found) <= FEW else None

    def count(self) -> int:
        """Return how many are on sale."""
        return self._offered().count()

    def among(self, products):
        """Return those of the products, each looked up by its id as the products are gone through:
        they are so many that a page of them is soon full.
        """
        return products.filter(Exists(self._said.filter(product=OuterRef("pk"))))

    def _offered(self):
        return self._said.filter(is_within_sale(clock.now()), is_offered=True)
