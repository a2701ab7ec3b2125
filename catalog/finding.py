"""Finding goods: what may be asked of a list, and the page it gives."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from catalog.audience import VISITOR, shown_to
from catalog.models import PRICED_IN_POINTS, Product
from catalog.search import Search

PAGE_SIZE = 24
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
    ordering: str = ""  # of ORDERINGS; nothing: the best of a search first, else the newest
    page: int = 1
    tier: int = VISITOR  # of the reader

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
    """One page of product facts, with the pager a template expects. ``is_guess``: nothing says what
    was searched for, these come close.
    """

    is_guess = False

    def __init__(self, facts, *, number, count):
        pages = Paginator(range(count), PAGE_SIZE)
        super().__init__(facts, min(number, pages.num_pages), pages)


def offered(tier: int = VISITOR):
    """Products on sale that offer a SKU and are shown to readers of a tier, without the long texts
    no list shows.
    """
    return (
        Product.objects.for_sale()
        .filter(shown_to(tier), choices__gt=0)
        .defer("description", "description_zh_hans", "description_en")
    )


def matching(filters: Filters, *, categories: list[int] | None):
    """Return the products that fit; ``categories`` are the shelves asked for (None: all)."""
    products = offered(filters.tier)
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The products that fit, how many they are, and of a search their ids, the best first or of
    very many the newest (None: they are too many to say), and whether they were only guessed at.
    """

    products: object
    count: int
    best: list[int] | None = None
    is_guess: bool = False

    def page(self, filters: Filters, *columns) -> list[dict]:
        """Return the columns of one page; a page past the end is the last one."""
        start = (min(filters.page, max(1, -(-self.count // PAGE_SIZE))) - 1) * PAGE_SIZE
        end = start + PAGE_SIZE
        if self.best is None or filters.ordering:
            order = ORDERINGS.get(filters.ordering, ORDERINGS["newest"])
            return list(self.products.order_by(*order).values(*columns)[start:end])
        shown = self.best[start:end]
        rows = self.products.filter(pk__in=shown).order_by().values(*columns) if shown else []
        return sorted(rows, key=lambda row: shown.index(row["id"]))


def ask(products, filters: Filters) -> Asked:
    """Ask for the products that fit and, if the filters name words, hold those; count them. Few are
    named by their ids: to find those of an order that rare ones have to be picked out of, a
    database would walk the whole shelf.
    """
    found, search = None, Search(filters.search, tier=filters.tier)
    if search.words and filters.is_search_alone:
        return _asked_alone(products, filters, search)
    if search.words:
        found = search.few(FEW)
        products = search.among(products) if found is None else products.filter(pk__in=found.ids)
    few = list(products.order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(few) > FEW:
        return Asked(products=products, count=products.count())
    return _asked(offered(filters.tier).filter(pk__in=few), len(few), found, among=set(few))


def _asked_alone(products, filters, search) -> Asked:
    """Ask for what words find and nothing else restricts. In the order that the search knows, a
    page is looked up by its own ids, without asking again for what was found.
    """
    found = search.few(FEW)
    best, count = search.newest(), search.count()
    if found is not None:
        best, count = found.ids, len(found.ids)
    if found is not None and filters.ordering:
        products = products.filter(pk__in=best)
    elif best is None or filters.ordering:
        products = search.among(products)
    is_guess = found is not None and found.is_guess
    return Asked(products=products, count=count, best=best, is_guess=is_guess)


def _asked(products, count, found, *, among=None) -> Asked:
    if found is None:
        return Asked(products=products, count=count)
    best = [pk for pk in found.ids if among is None or pk in among]
    return Asked(products=products, count=count, best=best, is_guess=found.is_guess)
