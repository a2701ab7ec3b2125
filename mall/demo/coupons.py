"""The demo shop's coupons: some to buy, a code for everybody, a hand-out to those with many points,
and what ``demo`` has.
"""

from datetime import timedelta

from accounts.models import User
from catalog.models import Category, Product, Sku
from mall.core import clock
from mall.core.transactions import transactional
from mall.demo.members import ADMIN, DEMO
from orders.checkout import place_order
from orders.coupons import handouts
from orders.coupons import lifecycle as coupons
from orders.models import Coupon, CouponCode, CouponTemplate
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import event_delivery

CODE = "HELLO2026"
# Chinese name, English name, what it takes off, how it is had.
TEMPLATES = {
    "tea": (
        "下午茶立减券",
        "Afternoon tea",
        {"amount": "5.00", "threshold": "29.00"},
        {"price_points": 300, "per_person": 5},
    ),
    "tenth": (
        "全场九折券",
        "A tenth off",
        {"kind": "percent", "percent": 10, "cap": "30.00"},
        {"price_points": 800, "total": 200},
    ),
    "home": (
        "家居满减券",
        "For your home",
        {"amount": "20.00", "threshold": "99.00"},
        {"price_points": 1200, "total": 100},
    ),
    "hello": ("见面礼", "Nice to meet you", {"amount": "8.00", "threshold": "39.00"}, {}),
    "thanks": ("老友回馈券", "For our regulars", {"amount": "30.00", "threshold": "159.00"}, {}),
    "quick": ("限时券", "Only today", {"amount": "3.00"}, {"valid_days": 1}),
}


@transactional
def lay_out() -> int:
    """Write the templates, the code and what members have; return how many templates are new. A
    second call adds nothing.
    """
    if CouponTemplate.objects.exists():
        return 0
    made = {}
    for name, (zh, en, terms, had) in TEMPLATES.items():
        fresh = {"status": "active", "valid_days": 30, "per_person": 1}
        made[name] = CouponTemplate.objects.create(
            name=zh, name_zh_hans=zh, name_en=en, **{**fresh, **terms, **had}
        )
    home = Category.objects.filter(slug="home")
    if home:
        made["home"].categories.set(home)
        CouponTemplate.objects.filter(pk=made["home"].pk).update(
            scope=CouponTemplate.Scope.CATEGORIES
        )
    CouponCode.objects.create(template=made["hello"], code=CODE, max_uses=500)
    demo, admin = (User.objects.filter(username=name).first() for name, *_ in (DEMO, ADMIN))
    if demo and admin:
        _give(demo, admin, made)
    return len(made)


def _give(demo, admin, made):
    """Give ``demo`` one of each state: usable ones, one that paid for an order, one whose day has
    passed.
    """
    handouts.order(
        made["thanks"],
        segment="high_points",
        numbers={"points": 1500},
        actor=admin,
        key="demo:thanks",
        note="谢谢老友",
    )
    handouts.carry_on()
    with clock.at(clock.now() - timedelta(days=9)):
        coupons.grant(demo.pk, made["quick"], key="demo:quick")
        event_delivery.deliver(demo.pk)
    for number in range(2):
        coupons.grant(demo.pk, made["tea"], key=f"demo:tea:{number}")
    coupons.grant(demo.pk, made["home"], key="demo:home")
    coupons.expire_due(clock.now())
    modes = (Product.PayMode.CASH, Product.PayMode.CASH_POINTS)
    small = Sku.objects.filter(
        product__kind=Product.Kind.VIRTUAL,
        product__pay_mode__in=modes,
        cash_price__gte=29,
        stock__quantity__gt=5,
    )
    sku = (
        small.filter(is_active=True, product__status=Product.Status.ON)
        .order_by("cash_price", "pk")
        .first()
    )
    coupon = Coupon.objects.filter(user=demo, key="demo:tea:0").first()
    if sku and coupon:
        order = place_order(demo, lines=[(sku.pk, 1)], key="demo:coupon", coupon=coupon.pk)
        cash_in.receive_notice(
            "sandbox", *sandbox.write_notice(cash_in.start(order, "sandbox"), "paid")
        )
