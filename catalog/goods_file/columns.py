"""The columns of a table of goods: what each is called, which attribute it is, how its cells are
read and written.

Values are plain here (texts, whole numbers, truths), as a file that waits for its turn keeps them:
amounts and instants are text, and nothing is an empty text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.goods_file import cells
from catalog.models import PRICE_MAX_POINTS, Product, Sku
from mall.core.tables.columns import Column

CASH_MAX = Decimal("9999999999.99")  # what the column of prices takes
LIMIT_MAX = 1_000_000
UNCLEARED = object()  # an empty cell never empties this


@dataclass(frozen=True)
class Attribute:
    """A column that is one attribute of a product or a SKU. ``read`` makes a plain value of a cell
    or raises BadCell; ``blank`` is what an empty cell stands for where those clear; ``words`` are
    the few values there are.
    """

    column: Column
    name: str
    read: Callable
    blank: object = UNCLEARED
    words: cells.Words | None = None


def _of(model, name):
    return model._meta.get_field(name).verbose_name


def _column(name, *titles, **more):
    return Column(name, titles, **more)


def _text(model, column, name, titles, *, blank="", **more):
    most = model._meta.get_field(name).max_length
    read = more.pop("read", None) or partial(cells.text, most=most)
    return Attribute(_column(column, *titles), name, read, blank, **more)


def _chosen(name, words, *titles):
    return Attribute(_column(name, *titles), name, words.read, words=words)


def _limit(column, name):
    read = partial(cells.whole, most=LIMIT_MAX)
    return Attribute(_column(column, _of(Product, name)), name, read, 0)


def _heading(text):
    return pgettext_lazy("headings", text)


OF_PRODUCT = (
    _text(Product, "name", "name_zh_hans", (_("name"), _heading("title|product name")),
          blank=UNCLEARED),
    _text(Product, "name_en", "name_en", (_heading("English name|name in English"),)),
    _text(Product, "summary", "summary_zh_hans", (_("summary"), _heading("subtitle"))),
    _text(Product, "summary_en", "summary_en", (_heading("English summary|summary in English"),)),
    _chosen("kind", cells.KIND, _("kind"), _heading("kind of product")),
    _chosen("pay_mode", cells.PAY_MODE, _("paid with"), _heading("pay mode|payment")),
    _chosen("status", cells.STATUS, _("status"), _heading("sale status|on sale")),
    Attribute(_column("tags", _("tags"), _heading("labels|keywords")), "tags", cells.tags, ""),
    _limit("limit_per_order", "limit_per_order"),
    _limit("limit_per_person", "limit_per_person"),
    Attribute(_column("sale_starts_at", _("on sale from")), "sale_starts_at", cells.moment, ""),
    Attribute(_column("sale_ends_at", _("on sale until")), "sale_ends_at", cells.moment, ""),
    _text(Product, "description", "description_zh_hans", (_("description"), _heading("details")),
          read=cells.rich_text),
    _text(Product, "description_en", "description_en",
          (_heading("English description|description in English"),), read=cells.rich_text),
)  # fmt: skip
OF_SKU = (
    _text(Sku, "choice", "name_zh_hans", (_heading("choice"), _heading("variant|option|spec"))),
    _text(Sku, "choice_en", "name_en", (_heading("English choice|choice in English"),)),
    Attribute(
        _column("points_price", _("price in points"), _heading("points")),
        "points_price",
        partial(cells.whole, most=PRICE_MAX_POINTS),
        0,
    ),
    Attribute(
        _column("cash_price", _("price in yuan"), _heading("price|cash price|yuan")),
        "cash_price",
        partial(cells.amount, most=CASH_MAX),
        "0.00",
    ),
    Attribute(_column("offered", _("offered"), _heading("active")), "is_active", cells.TRUTH.read),
)
CATEGORY, CATEGORY_NAME = "category", "category_id"
PICTURES = "pictures"
STOCK, IN_STOCK = "stock", "in_stock"
PRODUCT, SKU = "product", "sku"
OTHERS = {
    PRODUCT: _column(
        PRODUCT, _("product code"), _heading("product number|item number"), required=True,
        is_code=True,
    ),
    CATEGORY: _column(CATEGORY, _("category"), _heading("category path")),
    PICTURES: _column(PICTURES, _("pictures"), _heading("picture|images|photos")),
    SKU: _column(SKU, _("SKU code"), _heading("SKU|merchant code"), is_code=True),
    STOCK: _column(STOCK, _("stock"), _heading("pieces|counted|quantity")),
    IN_STOCK: _column(IN_STOCK, _heading("stock when written out")),
}  # fmt: skip
_names = [one.column for one in OF_PRODUCT]
_of_skus = [one.column for one in OF_SKU]
COLUMNS = (
    OTHERS[PRODUCT], *_names[:4], OTHERS[CATEGORY], *_names[4:], OTHERS[PICTURES],
    OTHERS[SKU], *_of_skus, OTHERS[STOCK], OTHERS[IN_STOCK],
)  # fmt: skip
SKU_NAMES = (SKU, *(column.name for column in _of_skus), STOCK)
WORDS = {one.name: one.column for one in (*OF_PRODUCT, *OF_SKU)} | {
    CATEGORY_NAME: OTHERS[CATEGORY],
    PICTURES: OTHERS[PICTURES],
    STOCK: OTHERS[STOCK],
    "code": OTHERS[SKU],
}


def heading(column: Column) -> str:
    """Return what a column is headed in the reader's language."""
    return str(column.titles[0]).partition("|")[0]


def plain(value):
    """Return a value of a row as a plain one; equal values are equal."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return "" if value is None else value


def value_of(model, name: str, plain_value):
    """Return a plain value as a row's attribute holds it."""
    if name == CATEGORY_NAME:
        return plain_value
    field = model._meta.get_field(name)
    if plain_value == "" and field.null and (field.unique or not field.empty_strings_allowed):
        return None
    return field.to_python(plain_value)
