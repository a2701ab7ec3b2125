"""Which attribute each column of a table of goods is, and how its cells are read and written.

Values are plain here (texts, whole numbers, truths), as a file that waits for its turn keeps them:
amounts and instants are text, and nothing is an empty text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from catalog.goods_file import cells, headings
from catalog.models import PRICE_MAX_POINTS, Product, Sku

CASH_MAX = Decimal("9999999999.99")  # what the columns of prices take
LIMIT_MAX = 1_000_000
UNCLEARED = object()  # an empty cell never empties this
CATEGORY_NAME = "category_id"


@dataclass(frozen=True)
class Attribute:
    """A column that is one attribute of a product or a SKU. ``read`` makes a plain value of a cell
    or raises BadCell; ``blank`` is what an empty cell stands for where those clear; ``words`` are
    the few values there are.
    """

    column: str
    name: str
    read: Callable
    blank: object = UNCLEARED
    words: cells.Words | None = None


def _text(model, column, name, *, blank=""):
    most = model._meta.get_field(name).max_length
    return Attribute(column, name, partial(cells.text, most=most), blank)


def _chosen(column, words, name=""):
    return Attribute(column, name or column, words.read, words=words)


def _whole(name, most=LIMIT_MAX):
    return Attribute(name, name, partial(cells.whole, most=most), 0)


def _amount(name):
    return Attribute(name, name, partial(cells.amount, most=CASH_MAX), "0.00")


OF_PRODUCT = (
    _text(Product, "name", "name_zh_hans", blank=UNCLEARED),
    _text(Product, "name_en", "name_en"),
    _text(Product, "summary", "summary_zh_hans"),
    _text(Product, "summary_en", "summary_en"),
    _chosen("kind", cells.KIND),
    _chosen("pay_mode", cells.PAY_MODE),
    _chosen("status", cells.STATUS),
    Attribute("tags", "tags", cells.tags, ""),
    Attribute("attributes", "attributes_zh_hans", cells.attributes, ""),
    Attribute("attributes_en", "attributes_en", cells.attributes, ""),
    _amount("market_price"),
    _whole("limit_per_order"),
    _whole("limit_per_person"),
    _whole("limit_per_period"),
    _chosen("limit_period", cells.PERIOD),
    _chosen("tier_to_see", cells.TIER),
    _chosen("tier_to_redeem", cells.TIER),
    Attribute("sale_starts_at", "sale_starts_at", cells.moment, ""),
    Attribute("sale_ends_at", "sale_ends_at", cells.moment, ""),
    Attribute("description", "description_zh_hans", cells.rich_text, ""),
    Attribute("description_en", "description_en", cells.rich_text, ""),
)
OF_SKU = (
    _text(Sku, "choice", "name_zh_hans"),
    _text(Sku, "choice_en", "name_en"),
    _whole("points_price", PRICE_MAX_POINTS),
    _amount("cash_price"),
    _whole("weight_grams"),
    _chosen("offered", cells.TRUTH, "is_active"),
)
SKU_NAMES = (headings.SKU, *(one.column for one in OF_SKU), headings.STOCK)
BY_NAME = {
    Product: {
        one.name: one for one in (*OF_PRODUCT, Attribute(headings.CATEGORY, CATEGORY_NAME, int))
    },
    Sku: {one.name: one for one in (*OF_SKU, Attribute(headings.SKU, "code", cells.code))},
}


def called(model, name: str) -> str:
    """Return what an attribute is called in the reader's language."""
    return headings.called(BY_NAME[model][name].column)


def shown(model, name: str, plain_value) -> str:
    """Return a plain value as the reader's language says it."""
    words = BY_NAME[model][name].words
    if words and plain_value != "":
        return words.label(plain_value)
    return "" if plain_value is None else str(plain_value)


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
