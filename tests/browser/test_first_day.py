"""A newcomer's first day in a real browser: sign up, come back, check in, redeem, pay, cancel, read
the statement.
"""

import re

import pytest
from playwright.sync_api import expect

from catalog.models import Product
from orders.models import Order
from points.models import PointAccount
from tests.factories.catalog import SkuFactory
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "plum-blossom-88"


@pytest.fixture
def goods(transactional_db):
    return {
        "mug": SkuFactory(
            product__name_zh_hans="小熊马克杯",
            product__pay_mode=Product.PayMode.POINTS,
            points_price=60,
            stock=5,
        ),
        "tea": SkuFactory(
            product__name_zh_hans="明前龙井",
            product__pay_mode=Product.PayMode.POINTS_CASH,
            points_price=30,
            cash_price="19.90",
            stock=5,
        ),
        "pen": SkuFactory(
            product__name_zh_hans="黄铜钢笔",
            product__pay_mode=Product.PayMode.POINTS_CASH,
            points_price=20,
            cash_price="9.90",
            stock=5,
        ),
    }


def balance():
    return PointAccount.objects.get().available


def sign_up(page):
    page.goto("/accounts/signup/")
    page.fill("[name=username]", "mei")
    page.fill("[name=email]", "mei@example.com")
    for field in page.locator("main form input[type=password]").all():
        field.fill(PASSWORD)
    page.check("main form [name=agreed]")
    page.click("main form [type=submit]")
    page.wait_for_url("**/")


def sign_in(page):
    page.goto("/accounts/login/")
    page.fill("[name=login]", "mei@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main form [type=submit]")
    page.wait_for_url("**/")


def sign_out(page):
    page.goto("/accounts/logout/")
    page.click("main form [type=submit]")
    page.wait_for_load_state()


def save_address(page):
    page.goto("/account/addresses/new/")
    page.fill("[name=recipient]", "梅小姐")
    page.fill("[name=phone]", "13800138000")
    page.fill("[name=region]", "上海市 徐汇区")
    page.fill("[name=detail]", "衡山路 1 号")
    page.click("main form .btn-primary[type=submit]")
    page.wait_for_load_state()


def place(page, sku):
    page.goto(f"/products/{sku.product_id}/")
    page.click("#redeem .btn-primary")
    page.wait_for_url("**/orders/new/**")
    page.click(".sticky-action [type=submit]")
    page.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))


def shelf(sku):
    sku.stock.refresh_from_db()
    return sku.stock.quantity


@pytest.mark.parametrize(
    ("width", "javascript"),
    [
        pytest.param(390, True, id="phone"),
        pytest.param(1280, False, id="desktop, no javascript"),
        pytest.param(390, False, id="phone, no javascript", marks=pytest.mark.long),
        pytest.param(1280, True, id="desktop", marks=pytest.mark.long),
    ],
)
def test_first_day_when_lived_in_a_browser_then_every_step_is_exact(
    open_page, goods, width, javascript
):
    page = open_page(width=width, javascript=javascript)

    sign_up(page)
    assert balance() == 100
    sign_out(page)
    sign_in(page)
    assert balance() == 110

    page.goto("/checkin/")
    page.click("#checkin-button")
    expect(page.locator(".checkin-done")).to_contain_text("明天再来")
    assert balance() == 130

    save_address(page)
    place(page, goods["mug"])
    assert Order.objects.get().status == "paid"
    assert (balance(), shelf(goods["mug"])) == (70, 4)

    place(page, goods["tea"])
    if "/pay/" not in page.url:
        page.click("a[href$='/pay/']")
    page.click(".sticky-action [type=submit]")
    page.click("button[value=paid]")
    page.wait_for_url(re.compile(r"/orders/[^/]+/$"))
    assert Order.objects.latest("pk").status == "paid"
    assert (balance(), shelf(goods["tea"])) == (40, 4)

    place(page, goods["pen"])
    assert (balance(), shelf(goods["pen"])) == (20, 4)
    pen = Order.objects.latest("pk")
    page.goto(f"/orders/{pen.no}/cancellation/")
    page.click("main form [type=submit]")
    page.wait_for_url(f"**/orders/{pen.no}/")
    assert (balance(), shelf(goods["pen"])) == (40, 5)

    page.goto("/points/")
    for words in ("注册", "登录", "签到", "兑换", pen.no):
        expect(page.locator("main")).to_contain_text(words)
    books_close()


def test_checkin_when_posted_twice_then_the_second_is_told_kindly(open_page, goods):
    page = open_page()
    sign_up(page)
    page.goto("/checkin/")
    stale = page.context.new_page()
    stale.goto("/checkin/")

    page.click("#checkin-button")
    expect(page.locator(".checkin-done")).to_be_visible()
    stale.click("#checkin-button")

    expect(stale.locator("body")).to_contain_text("今天已经签到过了")
    assert balance() == 120


def test_place_order_when_double_clicked_then_one_order(open_page, goods):
    page = open_page()
    sign_up(page)
    save_address(page)
    page.goto(f"/orders/new/?sku={goods['mug'].pk}&quantity=1")

    page.dblclick(".sticky-action [type=submit]", no_wait_after=True)
    page.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))

    assert Order.objects.count() == 1
    assert balance() == 40


def test_place_order_when_the_page_is_sent_again_then_the_same_order(open_page, goods):
    page = open_page()
    sign_up(page)
    save_address(page)
    page.goto(f"/orders/new/?sku={goods['mug'].pk}&quantity=1")
    sent = page.locator("form#place").evaluate("form => Object.fromEntries(new FormData(form))")
    page.click(".sticky-action [type=submit]")
    page.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))
    first = page.url

    # As an impatient second tap does; a page gone back to is a new one with a new key (no-store).
    again = page.request.post("/orders/new/", form=sent)

    assert Order.objects.count() == again.url.count(first) == 1
