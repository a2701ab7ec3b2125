"""What a coupon takes off, to the fen: a golden table, and properties of any coupon on any
goods.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Product, Sku
from orders.coupons.discounts import InHand, Terms
from orders.coupons.errors import (
    CouponNeedsCash,
    CouponNotUsable,
    CouponThreshold,
    CouponWrongGoods,
)
from orders.models import CheckoutPolicy, CouponTemplate
from orders.pricing import Wish, price

MODES = [Product.PayMode.CASH, Product.PayMode.CASH_POINTS, Product.PayMode.POINTS_CASH]


def wish(
    cash="0.00", *, quantity=1, points=0, pay_mode=Product.PayMode.CASH_POINTS, pk=1, category=1
):
    product = Product(pk=pk, category_id=category, pay_mode=pay_mode, kind=Product.Kind.VIRTUAL)
    return Wish(Sku(product=product, points_price=points, cash_price=Decimal(cash)), quantity)


def terms(amount=None, *, percent=0, cap="1000", threshold="0", **scope):
    kind = CouponTemplate.Kind.PERCENT if percent else CouponTemplate.Kind.AMOUNT
    return Terms(
        kind,
        amount=Decimal(amount or 0),
        percent=percent,
        cap=Decimal(cap),
        threshold=Decimal(threshold),
        **scope,
    )


def quoted(wishes, coupon, **words):
    in_hand = InHand(CouponTemplate(name="any"), coupon)
    return price(
        wishes,
        policy=words.pop("policy", CheckoutPolicy()),
        rate=words.pop("rate", 100),
        coupon=in_hand,
        **words,
    )


@pytest.mark.parametrize(
    ("goods", "coupon", "shares"),
    [
        (["20.00"], terms("5.00"), ["5.00"]),
        (["20.00"], terms("50.00"), ["20.00"]),  # never more than the goods cost
        (["0.01"], terms("0.01"), ["0.01"]),
        (["19.99"], terms(percent=10), ["1.99"]),  # 1.999 is cut, in the shop's favour
        (["0.15"], terms(percent=7), ["0.01"]),
        (["99.99"], terms(percent=33, cap="20.00"), ["20.00"]),
        (["99.99"], terms(percent=100), ["99.99"]),
        (["10.00", "10.00", "10.00"], terms("10.00"), ["3.34", "3.33", "3.33"]),
        (["0.01", "0.01", "0.01"], terms("0.02"), ["0.01", "0.01", "0.00"]),
        (["33.33", "66.67"], terms("0.01"), ["0.00", "0.01"]),
        (["19.90", "5.05", "0.05"], terms(percent=15), ["2.98", "0.76", "0.01"]),  # 3.75 of 25.00
        (["1000000.01", "0.02"], terms(percent=50, cap="999999.99"), ["500000.00", "0.01"]),
    ],
)
def test_shares_when_a_coupon_is_used_then_they_are_these_to_the_fen(goods, coupon, shares):
    found = coupon.shares([wish(cash) for cash in goods])

    assert found == [Decimal(share) for share in shares]


@pytest.mark.parametrize(("cash", "fits"), [("29.99", False), ("30.00", True), ("30.01", True)])
def test_shares_when_near_the_threshold_then_it_starts_exactly_there(cash, fits):
    coupon = terms("5.00", threshold="30.00")

    if fits:
        assert coupon.shares([wish(cash)]) == [Decimal("5.00")]
    else:
        with pytest.raises(CouponThreshold) as refused:
            coupon.shares([wish(cash)])
        assert refused.value.numbers == {"missing": Decimal("0.01")}


def test_shares_when_goods_are_outside_then_they_neither_count_nor_share():
    inside, outside = wish("20.00", pk=1, category=1), wish("80.00", pk=2, category=2)

    for coupon in (
        terms("5.00", products=frozenset({1})),
        terms("5.00", categories=frozenset({1})),
    ):
        assert coupon.shares([outside, inside]) == [Decimal("0.00"), Decimal("5.00")]
        with pytest.raises(CouponWrongGoods):
            coupon.shares([outside])
    with pytest.raises(CouponThreshold):
        terms("5.00", threshold="50.00", products=frozenset({1})).shares([outside, inside])
    with pytest.raises(CouponNeedsCash):
        terms("5.00").shares([wish(points=100, pay_mode=Product.PayMode.POINTS)])


# Points may pay for half of what the coupon left (docs/product.md), and freight is nobody's.
@pytest.mark.parametrize(
    ("cash", "coupon", "most", "rate"),
    [
        ("20.00", terms("5.00"), 700, 100),
        ("19.99", terms("0.01"), 900, 100),
        ("4.00", terms("2.01"), 0, 100),
        ("20.00", terms("20.00"), 0, 100),
    ],
)
def test_price_when_a_coupon_comes_first_then_points_pay_for_half_of_the_rest(
    cash, coupon, most, rate
):
    assert quoted([wish(cash)], coupon, rate=rate).usable.most == most


def test_price_when_all_three_pay_then_each_line_says_who_paid_what():
    policy = CheckoutPolicy(freight=Decimal("8.00"))
    goods = [wish("20.01"), wish("9.99", points=50, pay_mode=Product.PayMode.POINTS_CASH, pk=2)]
    goods[0].sku.product.kind = Product.Kind.PHYSICAL

    quote = quoted(goods, terms("6.00"), policy=policy, points_to_use=800)

    assert (quote.goods_cash, quote.coupon_discount, quote.discount, quote.freight) == tuple(
        map(Decimal, ("30.00", "6.00", "8.00", "8.00"))
    )
    assert quote.cash == Decimal("24.00")
    assert [
        (line.coupon_discount, line.discount, line.cash, line.points) for line in quote.lines
    ] == [
        (Decimal("4.00"), Decimal("8.00"), Decimal("8.01"), 800),
        (Decimal("2.00"), Decimal("0.00"), Decimal("7.99"), 50),
    ]


@given(
    goods=st.lists(
        st.tuples(st.integers(0, 500_000), st.integers(1, 99), st.sampled_from(MODES)),
        min_size=1,
        max_size=20,
    ),
    fen=st.integers(1, 10_000_000),
    percent=st.integers(0, 100),
    cap=st.integers(1, 1_000_000),
    rate=st.integers(1, 1000),
    hundreds=st.integers(0, 1000),
)
def test_price_when_any_coupon_meets_any_goods_then_it_adds_up_and_nothing_is_below_zero(
    goods, fen, percent, cap, rate, hundreds
):
    wishes = [
        wish(Decimal(each) / 100, quantity=quantity, pay_mode=mode)
        for each, quantity, mode in goods
    ]
    coupon = terms(Decimal(fen) / 100, percent=percent, cap=Decimal(cap) / 100)
    plain = price(wishes, policy=CheckoutPolicy(), rate=rate)
    try:
        most = quoted(wishes, coupon, rate=rate).usable.most
    except CouponNotUsable:
        assert not plain.goods_cash or percent  # nothing to pay, or a percentage below a fen
        return
    step = min(hundreds * 100, most)

    quote = quoted(wishes, coupon, rate=rate, points_to_use=step)

    assert 0 < quote.coupon_discount <= plain.goods_cash
    assert sum(line.coupon_discount for line in quote.lines) == quote.coupon_discount
    assert sum(line.discount for line in quote.lines) == quote.discount
    assert sum(line.cash for line in quote.lines) == quote.cash <= plain.cash
    assert all(min(line.cash, line.discount, line.coupon_discount) >= 0 for line in quote.lines)
    assert all(
        line.cash + line.discount + line.coupon_discount == each.sku.cash_price * each.quantity
        for line, each in zip(quote.lines, wishes, strict=True)
    )
    assert quote.discount * 2 <= quote.goods_cash - quote.coupon_discount
    assert quote.coupon_discount <= (coupon.cap if percent else coupon.amount)
