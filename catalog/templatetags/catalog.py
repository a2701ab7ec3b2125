"""What pages ask about goods."""

from django import template
from django.utils.translation import gettext as _

from catalog import payable

register = template.Library()
# what a card shows of a product: components/product_card.html
ON_A_CARD = (
    "url", "name", "image_url", "points_price", "cash_price", "pay_mode", "in_stock", "affordable",
    "price_varies", "market_price", "sold", "locked_until",
)  # fmt: skip


@register.filter
def card_of(product: dict) -> tuple:
    """Return what a card shows of a product's facts, as a value that ``shared`` can go by."""
    return tuple(map(product.get, ON_A_CARD))


@register.filter
def cards_of(goods) -> tuple:
    """Return the same of each of some goods, with what is said of it."""
    return tuple((card_of(product), product.get("reason")) for product in goods)


@register.filter
def is_payable(pay_mode: str) -> bool:
    """Whether goods that are paid in this way can be had at present."""
    return payable.is_payable(pay_mode)


@register.filter
def tier_words(tier: int) -> str:
    """Say for whom goods are that begin at a tier."""
    return _("For members") if tier == 1 else _("From V%(tier)s on") % {"tier": tier}
