"""A page of orders as the API answers it: the shape of an order, made of bare rows."""

import json
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import get_language

from mall.core.api import absolute
from mall.core.shapes import RowShape
from orders.history import LINE, ORDER, Listed
from orders.models import Order
from orders.models.line import in_language
from orders.serializers import OrderLineSerializer, OrderSerializer

NAMES_KNOWN = 4096  # what goods and coupons were called when they were ordered, half a kB each


class Reader(NamedTuple):
    """Who reads: the request, for whole addresses, and the language."""

    request: object
    language: str


def shown(page: list[Listed], request) -> list[dict]:
    """Return the orders of a page as ``OrderSerializer`` does."""
    reader = Reader(request, get_language())
    return [
        {**_order(one.order, reader), "lines": [_line(line, reader) for line in one.lines]}
        for one in page
    ]


@lru_cache(NAMES_KNOWN)
def _names(text, _language) -> tuple[str, str]:
    """Return the reader's words of a line's names: the product's and the SKU's."""
    names = json.loads(text)
    return tuple(in_language(names.get(part, {})) for part in ("product", "sku"))


@lru_cache(NAMES_KNOWN)
def _coupon_name(text, _language) -> str:
    return in_language(json.loads(text))


_NAMES, _IMAGE = LINE.index("names"), LINE.index("image")
_COUPON = ORDER.index("coupon_names")
_WHOLE_AT, _PIECES = ORDER.index("refunded_at"), ORDER.index("refunded_pieces")
_line = RowShape(
    OrderLineSerializer,
    LINE,
    product_name=lambda row, reader: _names(row[_NAMES], reader.language)[0],
    sku_name=lambda row, reader: _names(row[_NAMES], reader.language)[1],
    image=lambda row, reader: absolute(reader.request, row[_IMAGE]),
)
_order = RowShape(
    OrderSerializer,
    ORDER,
    lines=lambda _row, _reader: None,  # keeps their place; see shown()
    coupon_name=lambda row, reader: _coupon_name(row[_COUPON], reader.language),
    refund_state=lambda row, _reader: Order.state_of_refunds(row[_WHOLE_AT], row[_PIECES]),
)
