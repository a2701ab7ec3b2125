"""An order of several goods, paid in several ways, some of them multiplied: what it earns, and what
it still has earned once a part went back. All numbers worked out by hand.
"""

from datetime import timedelta

import pytest
import time_machine

from mall import verification
from mall.core import clock
from orders.checkout import place_order
from orders.refunds import requests
from points import maturing
from points.models import Grant, LedgerEntry
from tests.factories.catalog import CategoryFactory
from tests.factories.orders import ask, give_points, pay, received, virtual_sku
from tests.points.test_multipliers import a_rule

pytestmark = pytest.mark.django_db
ARRIVES = timedelta(days=7, minutes=10)


@pytest.fixture
def tea():
    return CategoryFactory(slug="tea")


@pytest.fixture
def basket(tea):
    """Two bags of green tea for ¥30.50 and 100 points each, a cup for ¥70, a pot for ¥40 that
    points may pay a part of, and a spoon for 50 points.
    """
    green = CategoryFactory(slug="green", parent=tea)
    return [
        virtual_sku(points=100, cash="30.50", category=green),
        virtual_sku(cash="70.00", category=CategoryFactory(slug="cups")),
        virtual_sku(cash="40.00", pay_mode="cash_points", category=tea),
        virtual_sku(points=50, category=tea),
    ]


def bought(member, basket):
    """The order, paid: 1,000 points take ¥10 off the pot."""
    give_points(member, 2_000)
    quantities = (2, 1, 1, 1)
    lines = [(sku.pk, pieces) for sku, pieces in zip(basket, quantities, strict=True)]
    return pay(place_order(member, lines=lines, key="mixed", points_to_use=1_000))


def purchase(member):
    return Grant.objects.get(account_id=member.pk, action="purchase")


def test_pay_when_goods_are_mixed_then_each_line_earns_by_its_cash_and_category(
    member, basket, tea
):
    a_rule("tea", percent=200, categories=[tea.pk], actions=["purchase"], budget=500)

    order = bought(member, basket)

    assert (order.points, order.cash) == (2 * 100 + 50 + 1_000, 2 * 30.5 + 70 + 30)
    grant = purchase(member)
    # (61.00 of green tea + 30.00 of the pot) x 2 + 70.00 of cups; the spoon was points alone
    assert grant.points == 122 + 60 + 70
    assert [(base, [two[0] for two in factors]) for base, factors, _of in grant.made] == [
        ("61", ["tea"]), ("70", []), ("30", ["tea"]), ("0", ["tea"]),
    ]  # fmt: skip


def test_refund_when_one_bag_and_the_cup_go_back_then_what_they_earned_does(member, basket, tea):
    a_rule("tea", percent=200, categories=[tea.pk], actions=["purchase"], budget=500)
    order = received(bought(member, basket))
    with time_machine.travel(clock.now() + ARRIVES, tick=False):
        maturing.mature_due()
    assert purchase(member).left == 252

    requests.approve(ask(order, 1, 1), actor="staff:1")

    # one bag of green tea earned 30.50 x 2 = 61, the cup 70: 121 points stay
    assert purchase(member).left == 252 - 61 - 70
    taken = LedgerEntry.objects.filter(account_id=member.pk, kind="clawback")
    assert -sum(entry.worth for entry in taken.filter(reference=order.reference)) == 61 + 70
    assert verification.verify() == []
