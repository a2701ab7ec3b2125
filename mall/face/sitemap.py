"""What search engines are told of: the shop window's pages, categories and goods on sale."""

from itertools import chain
from xml.sax.saxutils import escape

from django.utils.encoding import iri_to_uri

from catalog import kept
from catalog.audience import VISITOR, shown_to
from catalog.models import Category, Product
from mall.core.links import whole
from mall.core.models.face import ShopPage

MOST = 50_000  # addresses. Source: sitemaps.org, "Sitemap file limits"
WINDOW = ("/", "/products/", "/flash/", "/draws/")
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
)


def document() -> str:
    """Return the map, kept until an edit; the newest goods where there are more than may stand in
    it.
    """
    return kept.fact("sitemap", _written)


def _written() -> str:
    pages = [*WINDOW, *(f"/{kind}/" for kind in ShopPage.Kind.values)]
    shelves = [
        f"/products/?category={slug}" for slug in Category.objects.values_list("slug", flat=True)
    ]
    goods = (
        Product.objects.for_sale()
        .filter(shown_to(VISITOR))
        .order_by("-pk")
        .values_list("pk", "updated_at")
    )
    left = max(0, MOST - len(pages) - len(shelves))
    lines = chain(
        (_line(place) for place in (*pages, *shelves)),
        (_line(f"/products/{pk}/", changed) for pk, changed in goods[:left].iterator()),
    )
    return f"{HEAD}{''.join(lines)}</urlset>\n"


def _line(place, changed=None) -> str:
    on = f"<lastmod>{changed.date().isoformat()}</lastmod>" if changed else ""
    return f"<url><loc>{escape(whole(iri_to_uri(place)))}</loc>{on}</url>\n"
