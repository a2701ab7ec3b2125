"""The least valid coupon templates, codes, and coupons in a member's hand."""

from datetime import timedelta
from uuid import uuid4

from catalog.models import Product
from mall.core import clock
from orders.coupons import lifecycle as coupons
from orders.models import CouponCode, CouponGoods, CouponTemplate
from tests.factories.orders import virtual_sku


def template(**words):
    """A template of ¥5 off, open, good for 30 days; ``percent=20`` makes it percent off up to
    ``cap``.
    """
    if words.get("percent"):
        words = {"kind": "percent", "amount": 0, "cap": "100.00", **words}
    chosen, goods = words.pop("categories", ()), words.pop("products", ())
    scope = "categories" if chosen else "products" if goods else "all"
    fresh = {
        "name_zh_hans": "立减券",
        "name_en": "Off",
        "amount": "5.00",
        "valid_days": 30,
        "status": "active",
        "per_person": 0,
    }
    made = CouponTemplate.objects.create(**{**fresh, "scope": scope, **words})
    made.categories.set(chosen)
    made.products.set(goods)
    return made


def code(made=None, **words):
    """A public code of that template, for anybody."""
    return CouponCode.objects.create(
        template=made or template(),
        **{"code": f"A{uuid4().hex[:15].upper()}", "max_uses": 10, **words},
    )


def given(user, made=None, **words):
    """A coupon in the member's hand."""
    return coupons.grant(user.pk, made or template(**words), key=uuid4().hex)


def over(coupon, *, days=1):
    """The same coupon, its day passed ``days`` ago."""
    coupon.expires_at = clock.now() - timedelta(days=days)
    coupon.save(update_fields=["expires_at"])
    return coupon


def coupon_sku(made=None, **words):
    """A SKU of goods of which each piece is a coupon of that template."""
    sku = virtual_sku(**{"points": 100, **words})
    sku.product.kind = Product.Kind.COUPON
    sku.product.save(update_fields=["kind"])
    CouponGoods.objects.create(product=sku.product, template=made or template())
    return sku
