"""The least valid orders, placed through the shop's own door."""

from decimal import Decimal
from uuid import uuid4

from accounts import addresses
from catalog.models import Product
from orders.checkout import place_order
from points import ledger
from tests.factories.catalog import ProductFactory, SkuFactory

HOME = {"recipient": "李雷", "phone": "13812345678", "region": "上海市 静安区", "detail": "南京西路 1 号"}


def give_points(user, points, *, expires_on=ledger.DEFAULT):
    """Credit points of a fresh fact to a member."""
    return ledger.accrue(user.pk, points=points, key=f"gift:{uuid4().hex}", expires_on=expires_on)


def virtual_sku(*, points=0, cash="0.00", stock=10, pay_mode=None, **product):
    """A SKU nobody has to post; its pay mode follows from its prices unless named."""
    guessed = Product.PayMode.POINTS_CASH if points and Decimal(cash) else Product.PayMode.POINTS if points else Product.PayMode.CASH
    product = ProductFactory(kind=Product.Kind.VIRTUAL, pay_mode=pay_mode or guessed, **product)
    return SkuFactory(product=product, points_price=points, cash_price=cash, stock=stock)


def physical_sku(**kwargs):
    """The same, sent by post."""
    sku = virtual_sku(**kwargs)
    sku.product.kind = Product.Kind.PHYSICAL
    sku.product.save(update_fields=["kind"])
    return sku


def address_of(user):
    """An address in the member's book."""
    return addresses.add(user, **HOME)


def place(user, *skus, quantity=1, key=None, **kwargs):
    """Place an order of one line per SKU under a fresh key."""
    return place_order(user, lines=[(sku.pk, quantity) for sku in skus], key=key or uuid4().hex, **kwargs)
