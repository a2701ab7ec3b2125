"""Goods that consist of a coupon: each piece that is paid for gives one, in the transaction that
pays, once per line and piece; a piece may come back while nobody has used its coupon.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Case, F, PositiveIntegerField, Q, When
from django.utils.translation import gettext as _

from catalog.models import Product
from mall.core import clock, upserts
from mall.core.events import tell
from orders import events
from orders.coupons.errors import CouponGoodsOver, CouponGoodsUsed
from orders.coupons.lifecycle import uncount_issued
from orders.coupons.wallet import expiry_of
from orders.models import (
    CheckoutPolicy,
    Coupon,
    CouponGoods,
    CouponTemplate,
    Order,
    OrderLine,
)

GRANTED, REVOKED = Coupon.State.GRANTED, Coupon.State.REVOKED


def lacking(product) -> str:
    """Return what a product lacks to be sold as a coupon, in words; nothing where it is another
    kind of goods, or all is there.
    """
    if product.kind != Product.Kind.COUPON:
        return ""
    goods = CouponGoods.objects.select_related("template").filter(pk=product.pk).first()
    if goods is None:
        return _("Say first which coupon it gives.")
    return complaint(goods.template)


def complaint(template: CouponTemplate) -> str:
    """Return why coupons of a template cannot be sold as goods, in words; else nothing."""
    if not template.is_open(clock.now()):
        return _("“%(coupon)s” is not given out right now.") % {"coupon": template}
    if template.total:
        return _(
            "“%(coupon)s” is limited in number. Choose one without a limit: the stock of these "
            "goods says how many there are."
        ) % {"coupon": template}
    return ""


def check(wishes, as_of: datetime) -> None:
    """Refuse goods whose coupon could not be used any more once they are paid for. Raises:
    CouponGoodsOver.
    """
    for refusal in refusals([wish.sku.product for wish in wishes], as_of).values():
        raise refusal


def refusals(products, as_of: datetime) -> dict[int, CouponGoodsOver]:
    """Return why, by id, for those of these products whose coupon could not be used any more."""
    wanted = {product.pk: product for product in products if product.kind == Product.Kind.COUPON}
    if not wanted:
        return {}
    last = as_of + timedelta(minutes=CheckoutPolicy.current().payment_window_minutes)
    given = CouponGoods.objects.select_related("template").in_bulk(wanted)
    return {
        pk: CouponGoodsOver(product=product.name)
        for pk, product in wanted.items()
        if pk not in given or not given[pk].template.is_open(last)
    }


def is_awaited(product_id: int) -> bool:
    """Whether somebody ordered this product and has not paid yet."""
    lines = OrderLine.objects.filter(product=product_id, order__status=Order.Status.PENDING)
    return lines.exists()


def issue(account, order, lines) -> int:
    """Give the member a coupon for each piece of these lines of an order just paid; return how
    many. Once per line and piece: whoever comes again gives nothing.

    What was paid for is given, whatever became of its template since.
    """
    given = CouponGoods.objects.select_related("template").in_bulk(
        [one.product_id for one in lines]
    )
    wanted = {
        key: given[line.product_id].template
        for line in lines
        for key in _keys(line.pk, line.quantity)
    }
    own, now = Coupon.objects.filter(user=account.user_id), clock.now()
    known = set(own.filter(key__in=wanted).values_list("key", flat=True))
    made = [
        Coupon(
            user_id=account.user_id,
            template=template,
            key=key,
            source=Coupon.Source.GOODS,
            granted_at=now,
            expires_at=expiry_of(template, now),
        )
        for key, template in wanted.items()
        if key not in known
    ]
    upserts.insert(made, by=("user_id", "key"))
    tell(*map(events.coupon_granted, made))
    for template_id, number in sorted(Counter(coupon.template_id for coupon in made).items()):
        _count(template_id, number)
    return len(made)


def check_unused(order, pieces: dict[int, int]) -> None:
    """Refuse to return more pieces of a line (line id: pieces) than have a coupon nobody has used.
    Raises: CouponGoodsUsed.
    """
    for line, quantity in pieces.items():
        unused = _unused(order, line).count()
        if unused < quantity:
            raise CouponGoodsUsed(unused=unused)


def take_back(order, line: int, quantity: int) -> int:
    """Take back so many unused coupons of a line; return how many: all of them. Raises:
    CouponGoodsUsed.
    """
    check_unused(order, {line: quantity})
    newest = list(_unused(order, line).order_by("-pk").values_list("pk", "template_id")[:quantity])
    # One may be used at this moment: the old state in the filter says who was faster.
    taken = Coupon.objects.filter(pk__in=[pk for pk, _of in newest], state=GRANTED)
    if taken.update(state=REVOKED) < quantity:
        raise CouponGoodsUsed(unused=0)
    uncount_issued(newest[0][1], quantity)
    return quantity


def line_of(key: str) -> int:
    """Return the line of an order whose piece gave the coupon of a key."""
    return int(key.split(":")[1])


def _keys(line_id, quantity) -> list[str]:
    return [f"line:{line_id}:{piece}" for piece in range(1, quantity + 1)]


def _unused(order, line_id):
    own = Coupon.objects.usable(clock.now()).filter(user=order.user_id)
    return own.filter(source=Coupon.Source.GOODS, key__startswith=f"line:{line_id}:")


def _count(template_id, number) -> None:
    """Count what was given out; a total set since grows with what had been sold before."""
    issued = F("issued") + number
    short = When(Q(total__gt=0, total__lt=issued), then=issued)
    total = Case(short, default=F("total"), output_field=PositiveIntegerField())
    # the total first: MySQL would take the new number for it
    CouponTemplate.objects.filter(pk=template_id).update(total=total, issued=issued)
