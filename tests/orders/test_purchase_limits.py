"""How many pieces one person may have in a day, a week and a month of the shop."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mall.core import clock
from orders import lifecycle, pricing, purchase_limits
from orders.errors import PeriodLimitReached
from tests.factories.orders import give_points, place, refund, virtual_sku

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        ("day", date(2028, 2, 29), (date(2028, 2, 29), date(2028, 3, 1))),
        ("week", date(2026, 11, 29), (date(2026, 11, 23), date(2026, 11, 30))),
        ("week", date(2026, 11, 30), (date(2026, 11, 30), date(2026, 12, 7))),
        ("month", date(2026, 12, 31), (date(2026, 12, 1), date(2027, 1, 1))),
        ("month", date(2028, 2, 29), (date(2028, 2, 1), date(2028, 3, 1))),
    ],
)
def test_period_of_when_a_day_is_given_then_its_first_day_and_the_next(period, day, expected):
    assert purchase_limits.period_of(period, day) == expected


@pytest.mark.parametrize(
    ("period", "last", "first"),
    [
        ("day", (2026, 11, 24, 23, 59, 59), (2026, 11, 25)),
        ("week", (2026, 11, 29, 23, 59, 59), (2026, 11, 30)),
        ("month", (2026, 11, 30, 23, 59, 59), (2026, 12, 1)),
    ],
)
def test_quote_when_the_period_ends_then_at_midnight_of_the_shop_it_opens_again(
    member, period, last, first
):
    give_points(member, 1_000)
    limited = {"limit_per_period": 2, "limit_period": period}
    sku, sibling = virtual_sku(points=1, **limited), virtual_sku(points=1, **limited)
    last, first = datetime(*last, tzinfo=SHANGHAI), datetime(*first, tzinfo=SHANGHAI)
    with clock.at(last):
        place(member, sku, quantity=2)

    with pytest.raises(PeriodLimitReached) as refused:
        pricing.quote(member, [(sku.pk, 1)], as_of=last)

    numbers = refused.value.numbers
    assert (numbers["limit"], numbers["had"]) == (2, 2)
    assert str(first.day) in numbers["opens"] and str(refused.value).count("2") >= 2
    assert refused.value.code == "limit_reached"
    assert pricing.quote(member, [(sku.pk, 2)], as_of=first).points == 2
    assert pricing.quote(member, [(sibling.pk, 2)], as_of=last).points == 2
    with pytest.raises(PeriodLimitReached):
        pricing.quote(member, [(sku.pk, 3)], as_of=first)


def test_quote_when_cancelled_or_refunded_then_it_may_be_had_again(member):
    give_points(member, 1_000)
    sku = virtual_sku(points=10, limit_per_period=2, limit_period="month")
    whole, part = place(member, sku), place(member, sku)

    lifecycle.cancel(whole, actor=f"member:{member.pk}")
    once = pricing.quote(member, [(sku.pk, 1)]).points
    refund(part, 1)
    twice = pricing.quote(member, [(sku.pk, 2)]).points

    assert (once, twice) == (10, 20)


def test_basket_when_a_limit_is_near_then_as_many_as_are_left_and_when_more(signed_in_api, member):
    give_points(member, 1_000)
    sku = virtual_sku(points=10, limit_per_period=3, limit_period="week", limit_per_person=9)
    place(member, sku, quantity=2)

    basket = signed_in_api.put(f"/api/v1/cart/lines/{sku.pk}", {"quantity": 2}, format="json")

    [line] = basket.json()["lines"]
    assert (line["problem"]["code"], line["most"]) == ("limit_reached", 1)


def test_had_by_when_limits_of_all_kinds_are_asked_then_one_statement(
    member, django_assert_num_queries
):
    give_points(member, 1_000)
    goods = [
        virtual_sku(points=1, limit_per_period=5, limit_period="day").product,
        virtual_sku(points=1, limit_per_period=5, limit_period="month").product,
        virtual_sku(points=1, limit_per_person=5).product,
    ]
    with clock.at(clock.now() - timedelta(days=40)):
        for product in goods:
            place(member, product.skus.get())
    for product in goods:
        place(member, product.skus.get(), quantity=2)

    with django_assert_num_queries(1):
        had = purchase_limits.had_by(member, goods, clock.now())

    assert [had[product.pk].ever for product in goods] == [3, 3, 3]
    assert [had[product.pk].lately for product in goods[:2]] == [2, 2]
    assert purchase_limits.had_by(None, goods, clock.now()) == {}
