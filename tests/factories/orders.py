"""The least valid orders, placed through the shop's own door."""

from decimal import Decimal
from uuid import uuid4

from accounts import addresses
from catalog import codes
from catalog.models import Product
from mall.core.transactions import transactional
from orders import lifecycle
from orders.checkout import place_order
from orders.models import Order
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from orders.refunds import requests as refund_requests
from points import ledger
from tests.factories.catalog import ProductFactory, SkuFactory

HOME = {
    "recipient": "李雷",
    "phone": "13812345678",
    "region": "上海市 静安区",
    "detail": "南京西路 1 号",
}


@transactional
def with_account(user, verb, *args, **kwargs):
    """Call what takes a member's open account first."""
    return verb(ledger.open(user.pk), *args, **kwargs)


def give_points(user, points, *, expires_on=ledger.DEFAULT):
    """Credit points of a fresh fact to a member."""
    return ledger.accrue(user.pk, points=points, key=f"gift:{uuid4().hex}", expires_on=expires_on)


def virtual_sku(*, points=0, cash="0.00", stock=10, pay_mode=None, **product):
    """A SKU nobody has to post; its pay mode follows from its prices unless named."""
    guessed = (
        Product.PayMode.POINTS_CASH
        if points and Decimal(cash)
        else Product.PayMode.POINTS
        if points
        else Product.PayMode.CASH
    )
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
    return place_order(
        user, lines=[(sku.pk, quantity) for sku in skus], key=key or uuid4().hex, **kwargs
    )


def key_sku(*, keys=3, points=0, cash="0.00", **product):
    """A SKU of card keys, with some imported; its codes read KEY-<sku>-<n>."""
    sku = virtual_sku(points=points, cash=cash, stock=0, **product)
    sku.product.kind = Product.Kind.CARD_KEY
    sku.product.save(update_fields=["kind"])
    if keys:
        codes.add(
            sku.pk,
            [(n, f"KEY-{sku.pk}-{n}") for n in range(1, keys + 1)],
            actor="factory",
            batch=uuid4().hex,
        )
    return sku


def pay(order):
    """Pay an order in the sandbox and return it as it is then."""
    cash_in.receive_notice(
        "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
    )
    return Order.objects.get(pk=order.pk)


def received(order):
    """Send a paid order off and confirm its receipt."""
    return lifecycle.complete(
        lifecycle.ship(order, actor="staff:1", carrier="SF", number="1"),
        actor=f"member:{order.user_id}",
    )


def ask(order, *pieces, key=None, actor=None, reason="does not fit"):
    """Ask to refund pieces of an order's lines, in their order; without pieces all that is left."""
    lines = list(order.lines.all())
    wanted = (
        [(line.pk, n) for line, n in zip(lines, pieces, strict=False) if n]
        if pieces
        else [(li.pk, li.kept_quantity) for li in lines]
    )
    actor = actor or f"member:{order.user_id}"
    return refund_requests.request(
        order, lines=wanted, key=key or uuid4().hex, actor=actor, reason=reason
    )


def refund(order, *pieces, actor="staff:1", **words):
    """Ask and approve at once; returns the request as it is then."""
    return refund_requests.approve(ask(order, *pieces), actor=actor, **words)
