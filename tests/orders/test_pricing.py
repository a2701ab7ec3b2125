"""The calculator: four pay modes, the discount to the fen, limits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Product, Sku
from orders import pricing
from orders.errors import (
    InvalidLines,
    NotForSale,
    PersonLimitReached,
    PointsNotUsable,
    PurchaseLimitReached,
)
from orders.lifecycle import cancel
from orders.models import CheckoutPolicy
from orders.pricing import Wish, price, share_out
from tests.factories.orders import give_points, physical_sku, place, refund, virtual_sku

POLICY = CheckoutPolicy()
EVERYTHING = CheckoutPolicy(discount_max_percent=100)


def wish(
    cash="0.00",
    *,
    points=0,
    quantity=1,
    pay_mode=Product.PayMode.CASH_POINTS,
    kind=Product.Kind.VIRTUAL,
):
    product = Product(pay_mode=pay_mode, kind=kind)
    return Wish(Sku(product=product, points_price=points, cash_price=Decimal(cash)), quantity)


# Trap 10: exchange that divides instead of multiplies, floats, odd cents.
@pytest.mark.parametrize(
    ("rate", "cash", "points", "discount", "to_pay", "rounding"),
    [
        (100, "100.00", 0, "0.00", "100.00", "0.0000"),
        (100, "100.00", 100, "1.00", "99.00", "0.0000"),
        (100, "100.00", 5000, "50.00", "50.00", "0.0000"),
        (100, "19.99", 900, "9.00", "10.99", "0.0000"),
        (100, "2.01", 100, "1.00", "1.01", "0.0000"),
        (100, "0.07", 0, "0.00", "0.07", "0.0000"),
        (150, "19.99", 100, "0.66", "19.33", "0.0067"),
        (150, "19.99", 1400, "9.33", "10.66", "0.0033"),
        (300, "33.33", 1000, "3.33", "30.00", "0.0033"),
        (7, "99.99", 100, "14.28", "85.71", "0.0057"),
        (1, "1000.00", 500, "500.00", "500.00", "0.0000"),
        (1000, "0.30", 100, "0.10", "0.20", "0.0000"),
    ],
)
def test_price_when_points_are_used_then_the_discount_is_exact_and_rounds_down(
    rate, cash, points, discount, to_pay, rounding
):
    quote = price([wish(cash)], policy=POLICY, rate=rate, points_to_use=points)

    assert (quote.discount, quote.cash, quote.rounding) == (
        Decimal(discount),
        Decimal(to_pay),
        Decimal(rounding),
    )
    assert quote.points == quote.points_for_discount == points


@pytest.mark.parametrize(
    ("rate", "cash", "most"),
    [
        (100, "100.00", 5000),
        (100, "19.99", 900),
        (100, "2.00", 100),
        (100, "1.99", 0),
        (150, "19.99", 1400),
        (7, "99.99", 300),
        (100, "0.01", 0),
    ],
)
def test_price_when_the_share_is_half_then_the_most_points_stay_below_it(rate, cash, most):
    usable = price([wish(cash)], policy=POLICY, rate=rate).usable

    assert usable.most == most
    assert pricing.worth(most, rate) <= Decimal(cash) / 2


@pytest.mark.parametrize("points", [1, 50, 99, 101, 150, 950, 1000, 10**9])
def test_price_when_points_are_no_step_or_too_many_then_it_refuses_with_the_numbers(points):
    with pytest.raises(PointsNotUsable) as refused:
        price([wish("19.99")], policy=POLICY, rate=100, points_to_use=points)

    assert refused.value.numbers == {"min": 100, "step": 100, "max": 900}
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "pay_mode", [Product.PayMode.CASH, Product.PayMode.POINTS_CASH, Product.PayMode.POINTS]
)
def test_price_when_the_pay_mode_takes_no_discount_then_points_are_refused(pay_mode):
    with pytest.raises(PointsNotUsable):
        price(
            [wish("50.00", points=10, pay_mode=pay_mode)],
            policy=POLICY,
            rate=100,
            points_to_use=100,
        )


def test_price_when_modes_are_mixed_then_each_line_pays_its_own_way():
    quote = price(
        [
            wish(points=300, quantity=2, pay_mode=Product.PayMode.POINTS),
            wish("9.90", points=50, quantity=3, pay_mode=Product.PayMode.POINTS_CASH),
            wish("20.00", quantity=1),
            wish("5.55", quantity=1, pay_mode=Product.PayMode.CASH),
        ],
        policy=POLICY,
        rate=100,
        points_to_use=1000,
    )

    assert quote.points == 600 + 150 + 1000
    assert (quote.goods_cash, quote.discount, quote.cash) == (
        Decimal("55.25"),
        Decimal("10.00"),
        Decimal("45.25"),
    )
    assert [(line.points, line.cash, line.discount) for line in quote.lines] == [
        (600, Decimal("0.00"), Decimal("0.00")),
        (150, Decimal("29.70"), Decimal("0.00")),
        (1000, Decimal("10.00"), Decimal("10.00")),
        (0, Decimal("5.55"), Decimal("0.00")),
    ]


def test_price_when_goods_are_posted_then_freight_is_added_and_never_discounted():
    policy = CheckoutPolicy(discount_max_percent=100, freight=Decimal("8.00"))

    quote = price(
        [wish("10.00", kind=Product.Kind.PHYSICAL)], policy=policy, rate=100, points_to_use=1000
    )

    assert (quote.usable.most, quote.discount, quote.freight, quote.cash) == (
        1000,
        Decimal("10.00"),
        Decimal("8.00"),
        Decimal("8.00"),
    )


def test_price_when_points_cover_everything_then_no_cash_is_left():
    quote = price([wish("10.00")], policy=EVERYTHING, rate=100, points_to_use=1000)

    assert quote.cash == 0


def test_price_when_min_is_no_multiple_of_step_then_the_next_multiple_is_the_least():
    usable = price(
        [wish("100.00")],
        policy=CheckoutPolicy(discount_min_points=150, discount_step_points=100),
        rate=100,
    ).usable

    assert (usable.least, usable.allows(100), usable.allows(200), usable.allows(0)) == (
        200,
        False,
        True,
        True,
    )


@given(
    st.lists(st.tuples(st.integers(1, 500_000), st.integers(1, 99)), min_size=1, max_size=20),
    st.integers(1, 1000),
    st.integers(0, 100),
    st.integers(0, 10_000),
)
def test_price_when_anything_is_discounted_then_the_lines_add_up_to_the_fen(
    goods, rate, percent, hundreds
):
    policy = CheckoutPolicy(discount_max_percent=percent)
    wishes = [wish(Decimal(fen) / 100, quantity=quantity) for fen, quantity in goods]
    most = price(wishes, policy=policy, rate=rate).usable.most

    quote = price(wishes, policy=policy, rate=rate, points_to_use=min(hundreds * 100, most))

    assert sum(line.discount for line in quote.lines) == quote.discount
    assert sum(line.cash for line in quote.lines) == quote.cash
    assert sum(line.points for line in quote.lines) == quote.points
    assert all(line.cash >= 0 and line.discount >= 0 for line in quote.lines)
    assert (
        Decimal(0) <= Decimal(quote.points_for_discount) / rate - quote.discount < Decimal("0.01")
    )
    assert quote.discount * 100 <= quote.goods_cash * percent


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.floats(0, 1))
def test_share_out_when_split_then_it_is_exact_and_no_share_exceeds_its_weight(weights, part):
    total = int(sum(weights) * part)

    shares = share_out(total, weights)

    assert sum(shares) == total
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, 10**30, "1", True, None, [], {}])
def test_quote_when_a_quantity_is_no_number_of_pieces_then_it_refuses(quantity):
    with pytest.raises(InvalidLines):
        pricing.normalise([(1, quantity)])


@pytest.mark.parametrize("sku", [0, -1, 1.0, 10**30, "1", True, None, []])
def test_quote_when_a_sku_is_no_id_then_it_refuses(sku):
    with pytest.raises(InvalidLines):
        pricing.normalise([(sku, 1)])


def test_normalise_when_a_sku_stands_twice_then_its_pieces_are_added_up():
    assert pricing.normalise([(7, 2), (3, 1), (7, 5)]) == [(7, 7), (3, 1)]


@pytest.mark.parametrize("lines", [[], [(sku, 1) for sku in range(1, 22)], [(7, 60), (7, 40)]])
def test_normalise_when_lines_are_none_too_many_or_too_full_then_it_refuses(lines):
    with pytest.raises(InvalidLines):
        pricing.normalise(lines)


@pytest.mark.django_db
class TestQuote:
    def test_quote_when_a_sku_is_unknown_a_draft_or_withdrawn_then_it_refuses_alike(self, member):
        draft = virtual_sku(points=100, status=Product.Status.DRAFT)
        withdrawn = virtual_sku(points=100)
        Sku.objects.filter(pk=withdrawn.pk).update(is_active=False)

        for sku_id in (10**6, draft.pk, withdrawn.pk):
            with pytest.raises(InvalidLines):
                pricing.quote(member, [(sku_id, 1)])

    @pytest.mark.parametrize(
        "product",
        [
            {"status": Product.Status.OFF},
            {"sale_starts_at": timezone.now() + timedelta(days=1)},
            {"sale_ends_at": timezone.now() - timedelta(days=1)},
        ],
    )
    def test_quote_when_a_product_is_not_on_sale_then_it_refuses(self, member, product):
        sku = virtual_sku(points=100, **product)

        with pytest.raises(NotForSale):
            pricing.quote(member, [(sku.pk, 1)])

    def test_quote_when_more_than_the_limit_per_order_then_it_refuses_over_all_skus(self, member):
        sku = virtual_sku(points=1, limit_per_order=3)
        sister = Sku.objects.create(product=sku.product, points_price=1)

        assert pricing.quote(member, [(sku.pk, 2), (sister.pk, 1)]).points == 3
        with pytest.raises(PurchaseLimitReached) as refused:
            pricing.quote(member, [(sku.pk, 2), (sister.pk, 2)])
        assert refused.value.numbers["limit"] == 3

    def test_quote_when_a_person_had_some_then_only_the_rest_is_left_until_one_is_cancelled(
        self, member
    ):
        sku = virtual_sku(points=10, limit_per_person=3)
        give_points(member, 100)
        order = place(member, sku, quantity=2)

        with pytest.raises(PersonLimitReached) as refused:
            pricing.quote(member, [(sku.pk, 2)])
        assert refused.value.numbers == {"product": sku.product.name, "limit": 3, "had": 2}
        assert pricing.quote(member, [(sku.pk, 1)]).points == 10

        cancel(order, actor="test")
        assert pricing.quote(member, [(sku.pk, 3)]).points == 30

    def test_quote_when_some_were_refunded_then_those_may_be_had_again(self, member):
        sku = virtual_sku(points=10, limit_per_person=3)
        give_points(member, 100)
        order = place(member, sku, quantity=3)
        refund(order, 2)

        assert pricing.quote(member, [(sku.pk, 2)]).points == 20
        with pytest.raises(PersonLimitReached) as refused:
            pricing.quote(member, [(sku.pk, 3)])
        assert refused.value.numbers["had"] == 1

    def test_quote_when_read_as_a_program_then_points_are_numbers_and_yuan_strings(self, member):
        sku = physical_sku(cash="19.99", pay_mode=Product.PayMode.CASH_POINTS)
        name = sku.product.name

        told = pricing.quote(member, [(sku.pk, 1)], points_to_use=900).as_dict()

        line = {
            "sku": sku.pk,
            "product": name,
            "quantity": 1,
            "points": 900,
            "cash": "10.99",
            "discount": "9.00",
            "coupon_discount": "0.00",
        }
        assert told == {
            "lines": [line], "points": 900, "cash": "10.99", "goods_cash": "19.99",
            "discount": "9.00", "rounding": "0.0000",
            "freight": "0.00", "rate": 100, "earns": 10, "coupon": None, "coupon_proposed": None,
            "coupon_discount": "0.00",
            "points_usable": {"least": 100, "step": 100, "most": 900},
        }  # fmt: skip

    def test_quote_when_asked_then_nothing_is_written(self, member, django_assert_num_queries):
        sku = virtual_sku(points=100)

        pricing.quote(member, [(sku.pk, 1)])  # rate and policy are kept

        with django_assert_num_queries(1) as asked:  # SKUs with products and what is left
            pricing.quote(member, [(sku.pk, 1)])
        assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)
