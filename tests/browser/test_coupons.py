"""A coupon in a real browser: bought with points, swapped for a code and back, used, paid for,
given back with the order.
"""

import re

import pytest
from playwright.sync_api import expect

from catalog.models import Product
from orders.models import Coupon, Order
from tests.browser.test_first_day import sign_up
from tests.factories.catalog import SkuFactory
from tests.factories.coupons import code, template
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_coupon_when_bought_used_and_the_order_cancelled_then_it_is_there_again(
    page, transactional_db
):
    product = {
        "product__name_zh_hans": "明前龙井",
        "product__pay_mode": Product.PayMode.CASH,
        "product__kind": Product.Kind.VIRTUAL,
    }
    tea = SkuFactory(points_price=0, cash_price="30.00", stock=5, **product)
    template(name_zh_hans="下午茶券", amount="6.00", price_points=40)
    code(template(name_zh_hans="见面礼", amount="2.00"), code="HELLO1")
    sign_up(page)

    page.goto("/coupons/")
    page.locator("details.confirm summary").click()
    page.locator("details.confirm form [type=submit]").click()
    expect(page.locator("main .coupon").first).to_contain_text("下午茶券")
    coupon = Coupon.objects.get()

    page.goto(f"/orders/new/?sku={tea.pk}")
    total = page.locator(".sticky-action__total")
    expect(total).to_have_text(re.compile("24.00"))  # the one that fits is chosen
    page.fill("#code", "hello1")
    page.locator(".coupon-choice__code button").click()
    expect(total).to_have_text(re.compile("28.00"))
    page.locator(f"input[name=coupon][type=radio][value='{coupon.pk}']").check()
    expect(total).to_have_text(re.compile("24.00"))
    page.locator("button[form=place]").click()
    page.wait_for_url("**/pay/")

    order = Order.objects.get()
    assert (str(order.coupon_discount), Coupon.objects.get().state) == ("6.00", "locked")
    page.goto(order.get_absolute_url())
    expect(page.locator("main")).to_contain_text("下午茶券")
    page.locator("details.confirm summary").click()
    page.locator("details.confirm form [type=submit]").click()
    page.wait_for_load_state()

    page.goto("/coupons/")
    expect(page.locator("main .coupon").first).to_contain_text(coupon.code)
    assert Coupon.objects.get().state == "granted"
    books_close()
