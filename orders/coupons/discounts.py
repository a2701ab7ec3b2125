"""What a coupon takes off which goods: pure arithmetic in whole fen, plus the one read that finds
its scope.

A coupon pays for the yuan part of the goods it is for, never for freight and never for points.
Percent are cut to whole fen in the shop's favour; the sum of the lines' shares is what it takes
off, to the fen.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.models import Category
from mall.core.money import ZERO, yuan, yuan_down
from orders.apportionment import fen_of, share_out
from orders.coupons.errors import CouponNeedsCash, CouponThreshold, CouponWrongGoods
from orders.models import Coupon, CouponCode, CouponTemplate


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of a template; None for ``products`` and ``categories`` means everything."""

    kind: str
    amount: Decimal = ZERO
    percent: int = 0
    cap: Decimal = ZERO
    threshold: Decimal = ZERO
    products: frozenset | None = None
    categories: frozenset | None = None

    def covers(self, product) -> bool:
        """Whether a product is what this coupon is for."""
        if self.products is not None:
            return product.pk in self.products
        return self.categories is None or product.category_id in self.categories

    def shares(self, wishes) -> list[Decimal]:
        """Return what it takes off each of these lines, in yuan.

        Raises: CouponNeedsCash, CouponWrongGoods, CouponThreshold (missing).
        """
        goods = [wish.sku.cash_price * wish.quantity for wish in wishes]
        if not any(goods):
            raise CouponNeedsCash
        covered = [
            cash if self.covers(wish.sku.product) else ZERO
            for wish, cash in zip(wishes, goods, strict=True)
        ]
        base = sum(covered, ZERO)
        if not base:
            raise CouponWrongGoods
        if base < self.threshold:
            raise CouponThreshold(missing=yuan(self.threshold - base))
        off = self.off(base)
        if not off:
            raise CouponThreshold(missing=yuan("0.01"))
        return [
            Decimal(fen) / 100 for fen in share_out(fen_of(off), [fen_of(cash) for cash in covered])
        ]

    def off(self, base: Decimal) -> Decimal:
        """Return what it takes off goods of ``base`` yuan: never more than they cost."""
        if self.kind == CouponTemplate.Kind.AMOUNT:
            return min(self.amount, base)
        return min(yuan_down(base * self.percent / 100), self.cap, base)


@dataclass(frozen=True, slots=True)
class InHand:
    """A coupon that may be used now, goods aside: a member's own one, or a public code before its
    use.
    """

    template: CouponTemplate
    terms: Terms
    coupon: Coupon | None = None
    public_code: CouponCode | None = None
    expires_at: datetime | None = None

    @property
    def code(self) -> str:
        return (self.coupon or self.public_code).code

    def as_dict(self, discount: Decimal) -> dict:
        """Return it as programs read it, with the yuan it takes off."""
        return {
            "id": self.coupon and self.coupon.pk,
            "code": self.code,
            "name": self.template.name,
            "discount": str(discount),
        }


def terms_of(templates) -> dict[int, Terms]:
    """Return the terms of these templates by id: at most one query per kind of scope, and one for
    the tree.
    """
    chosen = {template.pk: template for template in templates}
    products = _scope(
        CouponTemplate.products.through, "product_id", _ids(chosen, CouponTemplate.Scope.PRODUCTS)
    )
    categories = _scope(
        CouponTemplate.categories.through,
        "category_id",
        _ids(chosen, CouponTemplate.Scope.CATEGORIES),
    )
    below = beneath() if categories else {}
    return {
        pk: Terms(
            kind=template.kind,
            amount=template.amount,
            percent=template.percent,
            cap=template.cap,
            threshold=template.threshold,
            products=frozenset(products[pk]) if pk in products else None,
            categories=frozenset().union(*(below[top] for top in categories[pk]))
            if pk in categories
            else None,
        )
        for pk, template in chosen.items()
    }


def _ids(templates, scope):
    return [pk for pk, template in templates.items() if template.scope == scope]


def _scope(through, column, template_ids) -> dict[int, list[int]]:
    found = {pk: [] for pk in template_ids}
    if found:
        for pk, target in through.objects.filter(coupontemplate_id__in=found).values_list(
            "coupontemplate_id", column
        ):
            found[pk].append(target)
    return found


def beneath() -> dict[int, set[int]]:
    """Return each category with all that stand inside it, read from the rows: a kept tree may be a
    minute old.
    """
    parents = dict(Category.objects.order_by().values_list("pk", "parent_id"))
    beneath = {pk: set() for pk in parents}
    for pk in parents:
        above = pk
        while above is not None and pk not in beneath[above]:
            beneath[above].add(pk)
            above = parents[above]
    return beneath
