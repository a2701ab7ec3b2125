"""What the columns of a table of goods are called, in the order in which they are written."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core.tables.columns import Column

PRODUCT, CATEGORY, PICTURES, SKU = "product", "category", "pictures", "sku"
STOCK, IN_STOCK = "stock", "in_stock"


def _column(name, *titles, **more):
    return Column(name, titles, **more)


COLUMNS = (
    _column(
        PRODUCT,
        _("product code"),
        pgettext_lazy("headings", "product number|item number"),
        required=True,
        is_code=True,
    ),
    _column("name", _("name"), pgettext_lazy("headings", "title|product name")),
    _column("name_en", pgettext_lazy("headings", "English name|name in English")),
    _column("summary", _("summary"), pgettext_lazy("headings", "subtitle")),
    _column("summary_en", pgettext_lazy("headings", "English summary|summary in English")),
    _column(CATEGORY, _("category"), pgettext_lazy("headings", "category path")),
    _column("kind", _("kind"), pgettext_lazy("headings", "kind of product")),
    _column("pay_mode", _("paid with"), pgettext_lazy("headings", "pay mode|payment")),
    _column("status", _("status"), pgettext_lazy("headings", "sale status|on sale")),
    _column("tags", _("tags"), pgettext_lazy("headings", "labels|keywords")),
    _column("attributes", _("attributes"), pgettext_lazy("headings", "parameters|properties")),
    _column("attributes_en", pgettext_lazy("headings", "English attributes|attributes in English")),
    _column("market_price", _("market price in yuan"), pgettext_lazy("headings", "list price")),
    _column("limit_per_order", _("limit per order")),
    _column("limit_per_person", _("limit per person")),
    _column("limit_per_period", _("limit per person and period")),
    _column("limit_period", pgettext_lazy("headings", "period of the limit")),
    _column("tier_to_see", _("shown to")),
    _column("tier_to_redeem", _("can be had by")),
    _column("sale_starts_at", _("on sale from")),
    _column("sale_ends_at", _("on sale until")),
    _column("description", _("description"), pgettext_lazy("headings", "details")),
    _column(
        "description_en", pgettext_lazy("headings", "English description|description in English")
    ),
    _column(PICTURES, _("pictures"), pgettext_lazy("headings", "picture|images|photos")),
    _column(SKU, _("SKU code"), pgettext_lazy("headings", "SKU|merchant code"), is_code=True),
    _column(
        "choice",
        pgettext_lazy("headings", "choice"),
        pgettext_lazy("headings", "variant|option|spec"),
    ),
    _column("choice_en", pgettext_lazy("headings", "English choice|choice in English")),
    _column("points_price", _("price in points"), pgettext_lazy("headings", "points")),
    _column("cash_price", _("price in yuan"), pgettext_lazy("headings", "price|cash price|yuan")),
    _column("weight_grams", _("weight in grams"), pgettext_lazy("headings", "weight")),
    _column("offered", _("offered"), pgettext_lazy("headings", "active")),
    _column(STOCK, _("stock"), pgettext_lazy("headings", "pieces|counted|quantity")),
    _column(IN_STOCK, pgettext_lazy("headings", "stock when written out")),
)
BY_NAME = {one.name: one for one in COLUMNS}


def called(name: str) -> str:
    """Return what a column is headed in the reader's language."""
    return str(BY_NAME[name].titles[0]).partition("|")[0]
