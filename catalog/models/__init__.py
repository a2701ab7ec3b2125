"""What the mall offers: a tree of categories, products, their SKUs, and how many pieces are
left.
"""

from catalog.models.attributes import LONGEST_ATTRIBUTES, attributes_of, validate_attributes
from catalog.models.bucket import StockBucket
from catalog.models.card_key import CardKey, CardKeyEvent
from catalog.models.category import Category
from catalog.models.freight import MOST_FREIGHT, MOST_UNITS, FreightRegion, FreightTemplate
from catalog.models.goods_import import GoodsChange, GoodsImport, GoodsPicture
from catalog.models.own_code import BY_NUMBER, CODE_LENGTH, validate_code
from catalog.models.picture import (
    PICTURE_MAX_BYTES,
    PICTURE_TYPES,
    PICTURE_VALIDATORS,
    ProductImage,
    picture_url,
    validate_picture_size,
)
from catalog.models.product import (
    DELIVERED_AT_ONCE,
    DRAWN_COLUMNS,
    FEW_PIECES,
    HIGHEST_TIER,
    LEFT,
    MAX_QUANTITY,
    MOST_RECEIVED,
    PRICED_IN_POINTS,
    TIERS,
    Product,
    ProductQuerySet,
    most_pieces,
)
from catalog.models.review import (
    ANSWER_LENGTH,
    LONGEST_REVIEW,
    MOST_STARS,
    REASON_LENGTH,
    SHORTEST_REVIEW,
    Review,
    ReviewPolicy,
    ReviewQuerySet,
)
from catalog.models.scheduled_price import ScheduledPrice
from catalog.models.searched import HotWord, SearchedWord
from catalog.models.sku import (
    PRICE_MAX_POINTS,
    Sku,
    draw_lowest_prices,
    lowest_prices,
    price_mismatch,
    priced,
)
from catalog.models.stock import Stock, StockMovement
from catalog.models.window import is_within, is_within_sale, within
from catalog.models.words import ProductWords, draw_words, folded, undrawn

__all__ = [
    "ANSWER_LENGTH",
    "BY_NUMBER",
    "CODE_LENGTH",
    "DELIVERED_AT_ONCE",
    "DRAWN_COLUMNS",
    "FEW_PIECES",
    "HIGHEST_TIER",
    "LEFT",
    "LONGEST_ATTRIBUTES",
    "LONGEST_REVIEW",
    "MAX_QUANTITY",
    "MOST_FREIGHT",
    "MOST_RECEIVED",
    "MOST_STARS",
    "MOST_UNITS",
    "PICTURE_MAX_BYTES",
    "PICTURE_TYPES",
    "PICTURE_VALIDATORS",
    "PRICED_IN_POINTS",
    "PRICE_MAX_POINTS",
    "REASON_LENGTH",
    "SHORTEST_REVIEW",
    "TIERS",
    "CardKey",
    "CardKeyEvent",
    "Category",
    "FreightRegion",
    "FreightTemplate",
    "GoodsChange",
    "GoodsImport",
    "GoodsPicture",
    "Product",
    "ProductImage",
    "HotWord",
    "SearchedWord",
    "ProductQuerySet",
    "ProductWords",
    "Review",
    "ReviewPolicy",
    "ReviewQuerySet",
    "ScheduledPrice",
    "Sku",
    "Stock",
    "StockBucket",
    "StockMovement",
    "attributes_of",
    "draw_lowest_prices",
    "draw_words",
    "folded",
    "is_within",
    "is_within_sale",
    "lowest_prices",
    "most_pieces",
    "picture_url",
    "price_mismatch",
    "priced",
    "undrawn",
    "validate_attributes",
    "validate_code",
    "validate_picture_size",
    "within",
]
