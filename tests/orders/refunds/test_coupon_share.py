"""A refund that leaves less than the coupon's total: said beforehand, and kept or taken back as the
policy says; in the end everything is back, to the fen.
"""

import re
from decimal import Decimal

import pytest

from mall import verification
from orders.models import CheckoutPolicy, Coupon, Order
from orders.refunds import preview
from tests.factories.coupons import given
from tests.factories.orders import pay, place, refund, virtual_sku

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_close(db):
    yield
    assert verification.verify() == []


def bought(member, *prices, amount="15.00", threshold="150.00", quantity=1):
    """A paid order with a coupon of ¥15 off from ¥150, unless other numbers are named."""
    coupon = given(member, amount=amount, threshold=threshold)
    skus = [virtual_sku(cash=price) for price in prices]
    return pay(place(member, *skus, quantity=quantity, coupon=coupon.pk))


def take_back():
    CheckoutPolicy.objects.update_or_create(defaults={"refund_coupon": "take_back"})


def shown(order, *pieces):
    lines = [(line.pk, n) for line, n in zip(order.lines.all(), pieces, strict=True) if n]
    found = preview.show(order, lines).terms
    said = found.coupon and (found.coupon.kept, found.coupon.discount, found.coupon.is_taken_back)
    return found.cash, said


def test_preview_when_what_stays_still_reaches_the_total_then_nothing_is_said(member):
    order = bought(member, "100.00", "60.00", threshold="60.00")

    assert shown(order, 1, 0)[1] is None
    assert shown(order, 1, 1)[1] is None
    assert shown(order, 0, 1)[1] is None


def sentence(client, order, *pieces):
    """What the page says of the coupon, and what comes back."""
    asked = [(line.pk, n) for line, n in zip(order.lines.all(), pieces, strict=True)]
    query = {"line": [pk for pk, _n in asked], "quantity": [n for _pk, n in asked]}
    page = client.get(f"/orders/{order.no}/refunds/", query)
    preview_of = page.text.partition('<dl class="kv kv--wordy">')[2].partition("</dl>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", preview_of).split())


def test_preview_when_too_little_stays_then_the_page_says_it_in_the_readers_language(
    member, signed_in
):
    order = bought(member, "100.00", "60.00")
    signed_in.cookies["mall_language"] = "en"

    kept = sentence(signed_in, order, 0, 1)
    all_back = sentence(signed_in, order, 1, 1)
    take_back()
    taken = sentence(signed_in, order, 0, 1)
    signed_in.cookies["mall_language"] = "zh-hans"
    in_chinese = sentence(signed_in, order, 0, 1)

    reason = "What you keep is worth ¥100.00: less than the ¥150.00 the coupon asks for"
    assert f"{reason} its ¥9.38 stay yours" in kept and "54.38" in kept
    assert "less than" not in all_back and "145" in all_back
    assert f"{reason} its ¥9.38 are taken off what you get back" in taken and "¥45" in taken
    assert "¥100.00" in in_chinese and "¥150.00" in in_chinese and "worth" not in in_chinese


def test_refund_when_the_policy_keeps_it_then_said_and_the_discount_stays(member):
    order = bought(member, "100.00", "60.00")

    cash, said = shown(order, 0, 1)
    asked = refund(order, 0, 1)

    assert said == (Decimal("100.00"), Decimal("9.38"), False)
    assert asked.cash == cash == Decimal("54.38")


@pytest.mark.parametrize("first", [(1, 0), (0, 1)])
def test_refund_when_the_policy_takes_it_back_then_less_now_and_all_of_it_in_the_end(member, first):
    take_back()
    order = bought(member, "100.00", "60.00")
    paid = order.cash
    second = tuple(1 - n for n in first)

    cash, said = shown(order, *first)
    one = refund(order, *first)
    two = refund(Order.objects.get(pk=order.pk), *second)

    kept = Decimal("60.00") if first[0] else Decimal("100.00")
    assert said[0] == kept
    # what stays costs what it costs without the coupon
    assert one.cash == cash == paid - kept
    assert one.cash + two.cash == paid == Decimal("145.00")
    assert sorted(two.lines.values_list("quantity", "cash")) == [(0, said[1]), (1, kept - said[1])]
    assert Coupon.objects.get().state == "granted"


def test_refund_when_more_is_taken_back_than_comes_back_then_nothing_and_made_up_for_later(member):
    take_back()
    order = bought(member, "150.00", "3.00", amount="50.00", threshold="153.00")

    first = refund(order, 0, 1)
    second = refund(Order.objects.get(pk=order.pk), 1, 0)

    assert (first.cash, second.cash) == (Decimal("0.00"), Decimal("103.00"))


def test_refund_when_pieces_go_back_one_by_one_then_the_sums_hold(member):
    take_back()
    order = bought(member, "33.33", "17.77", amount="10.01", threshold="100.00", quantity=3)
    paid, back = order.cash, Decimal("0.00")

    for pieces in ((1, 0), (0, 2), (1, 1), (1, 0)):
        back += refund(Order.objects.get(pk=order.pk), *pieces).cash
        assert back <= paid

    assert back == paid
