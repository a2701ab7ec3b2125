"""Whether what lists filter and sort by still is what the SKUs say (catalog/models/sku.py draws
it), and the mend where it is not.
"""

from django.db.models import F, Q

from catalog import kept
from catalog.models import (
    DRAWN_COLUMNS,
    Product,
    draw_lowest_prices,
    draw_words,
    lowest_prices,
    undrawn,
)
from mall.core.transactions import transactional


def drifted(*, among=None, as_of=None) -> list[tuple[int, tuple, tuple]]:
    """Return (product, columns as its SKUs say at an instant, columns as they stand) wherever the
    two differ; ``among`` are the ids of those to look at (default: all).
    """
    drawn = {f"drawn_{name}": expression for name, expression in lowest_prices(as_of).items()}
    differs = Q(*[~Q(**{f"drawn_{name}": F(name)}) for name in DRAWN_COLUMNS], _connector=Q.OR)
    goods = Product.objects.all() if among is None else Product.objects.filter(pk__in=among)
    rows = goods.annotate(**drawn).filter(differs).order_by("pk")
    wide = len(DRAWN_COLUMNS)
    return [
        (row[0], row[1 : 1 + wide], row[1 + wide :])
        for row in rows.values_list("pk", *drawn, *DRAWN_COLUMNS)
    ]


@transactional
def mend() -> int:
    """Draw what drifted anew; return how many products that were.

    A release that knows no such columns, or no words, may run beside this one and edit a SKU or a
    product.
    """
    wrong = [product_id for product_id, _drawn, _standing in drifted()]
    draw_lowest_prices(wrong)
    unsaid = list(Product.objects.filter(undrawn()).order_by().values_list("pk", flat=True))
    draw_words(Product.objects.filter(pk__in=unsaid))
    if wrong or unsaid:
        kept.forget()
    return len({*wrong, *unsaid})
