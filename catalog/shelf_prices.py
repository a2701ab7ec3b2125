"""What lists filter and sort by: a product's lowest price and how many choices it offers.

The columns are drawn from its offered SKUs, and this is their only writer. Whoever writes a SKU, or
the pay mode of a product, draws them anew in the same transaction, so that no list reads the SKUs
of a whole shelf to sort one page.
"""

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from catalog import kept
from catalog.finding import PRICED_IN_POINTS
from catalog.models import Product, Sku
from mall.core.transactions import transactional

AT_ONCE = 500
COLUMNS = ("choices", "lowest_points", "lowest_cash", "is_yuan_priced")


@transactional
def draw(product_ids) -> None:
    """Draw the columns of these products from their SKUs; repeating changes nothing."""
    ids = sorted(product_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = Product.objects.filter(pk__in=ids[start : start + AT_ONCE])
        # Two colleagues may each reprice one of two SKUs; the second must see what the first left,
        # and a statement that waited for the row would still read the SKUs as they were before.
        list(some.select_for_update().order_by("pk").values_list("pk"))
        some.update(**_drawn())


def drifted() -> list[tuple[int, tuple, tuple]]:
    """Return (product, columns as its SKUs say, columns as they stand) wherever the two differ."""
    drawn = {f"drawn_{name}": expression for name, expression in _drawn().items()}
    differs = Q(*[~Q(**{f"drawn_{name}": F(name)}) for name in COLUMNS], _connector=Q.OR)
    rows = Product.objects.annotate(**drawn).filter(differs).order_by("pk")
    return [
        (row[0], row[1 : 1 + len(COLUMNS)], row[1 + len(COLUMNS) :])
        for row in rows.values_list("pk", *drawn, *COLUMNS)
    ]


def mend() -> int:
    """Draw what drifted anew; return how many products that were.

    A release that knows no such columns may run beside this one and edit a SKU.
    """
    wrong = [product_id for product_id, _drawn, _standing in drifted()]
    draw(wrong)
    if wrong:
        kept.forget()
    return len(wrong)


def _drawn() -> dict:
    """What each column has to be, as expressions of a product's row."""
    offered = Sku.objects.filter(product=OuterRef("pk"), is_active=True)
    cheapest = offered.order_by("points_price", "cash_price", "id")
    count = offered.order_by().values("product").annotate(n=Count("pk")).values("n")
    priced_in_points = When(pay_mode__in=PRICED_IN_POINTS, then=Value(False))
    return {
        "choices": Coalesce(Subquery(count), 0),
        "lowest_points": Coalesce(Subquery(cheapest.values("points_price")[:1]), 0),
        "lowest_cash": Coalesce(
            Subquery(cheapest.values("cash_price")[:1]),
            Value(0),
            output_field=Product._meta.get_field("lowest_cash"),
        ),
        "is_yuan_priced": Case(priced_in_points, default=Value(True)),
    }
