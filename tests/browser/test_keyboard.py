"""The whole journey by keyboard alone on a phone's width, with JavaScript and without: every stop
shows where it is, nothing lies over it, and nothing holds it.
"""

import re

import pytest
from playwright.sync_api import expect

from orders import lifecycle
from orders.models import Order, RefundRequest
from points.models import PointAccount
from tests.browser.keyboard import Keyboard
from tests.browser.test_first_day import PASSWORD
from tests.factories.draws import announced
from tests.factories.orders import give_points, pay, physical_sku, place, virtual_sku

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("books_close"),
]


@pytest.fixture
def goods(transactional_db):
    tea = physical_sku(points=30, cash="19.90", name_en="Green tea", illustration="goods/tea.webp")
    virtual_sku(points=60, name_en="Card")
    return tea


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_journey_when_only_a_keyboard_is_there_then_from_the_home_page_to_the_check_in(
    open_page, english, goods, javascript
):
    page = english(open_page(width=390, javascript=javascript))
    keys, main = Keyboard(page), page.locator("main")
    page.goto("/")

    keys.follow(main.get_by_role("link", name="Green tea").first, "/products/[0-9]+")
    keys.follow(page.get_by_role("button", name="Add to basket"), "")
    keys.follow(page.locator("#basket-link"), "/cart/")
    keys.press(page.get_by_role("button", name="One more of Green tea"))
    expect(page.locator(f"#quantity-{goods.pk}")).to_have_value("2")
    keys.press(page.get_by_role("button", name="One less of Green tea"))
    expect(page.locator(f"#quantity-{goods.pk}")).to_have_value("1")
    keys.follow(page.get_by_role("button", name="Sign in and order"), "/accounts/login/")
    keys.follow(main.get_by_role("link", name="Make an account"), "/accounts/signup/")
    _sign_up(keys, main)

    page.wait_for_url("**/orders/new/**")
    keys.follow(main.get_by_role("link", name=re.compile("address", re.I)).first, "/addresses/new/")
    for field, words in (("recipient", "梅小姐"), ("phone", "13800138000"),
                         ("region", "上海市 徐汇区"), ("detail", "衡山路 1 号")):  # fmt: skip
        keys.write(main.locator(f"[name={field}]"), words)
    keys.follow(main.get_by_role("button", name="Save"), "/orders/new/")
    keys.follow(page.locator(".sticky-action [type=submit]"), "/orders/(?!new)")

    order = Order.objects.get()
    if "/pay/" not in page.url:
        keys.follow(main.get_by_role("link", name=re.compile("^Pay")), "/pay/")
    keys.follow(page.get_by_role("button", name=re.compile("^Pay")), "/sandbox/")
    keys.follow(page.get_by_role("button", name=re.compile("^Pay")), f"/orders/{order.no}/$")
    order.refresh_from_db()
    assert order.status == "paid"

    lifecycle.ship(order, actor="staff:1", carrier="SF", number="1")
    page.reload()
    keys.press(page.locator("summary", has_text="I have received it"))
    keys.press(page.get_by_role("button", name="Yes, everything is here"))
    keys.follow(main.get_by_role("link", name="Ask for a refund"), "/refunds/")
    keys.write(main.locator("[name=reason]"), "too bitter")
    keys.press(main.get_by_role("button", name="Ask for the refund"))
    expect(main).to_contain_text("Waiting for an answer")
    assert RefundRequest.objects.get().order == order

    keys.follow(page.locator(".tabbar a[href='/checkin/']"), "/checkin/")
    keys.press(page.locator("#checkin-button"))
    expect(page.locator(".checkin-done")).to_be_visible()
    keys.follow(page.locator(".balance-chip"), "/points/")
    expect(main).to_contain_text(order.no)
    assert PointAccount.objects.get().available == 100 - 30 + 20
    assert keys.faults == {}


def test_widgets_when_a_keyboard_opens_them_then_it_gets_in_round_and_out(shopper, member, goods):
    keys, main = Keyboard(shopper), shopper.locator("main")
    for position in (0, 1):
        goods.product.images.create(illustration="pictures/mug.webp", position=position)
    shopper.goto(f"/products/{goods.product_id}/")
    picture, zoom = shopper.locator(".gallery a").first, shopper.locator("dialog.zoom")
    keys.press(picture)
    for _stop in range(8):
        shopper.keyboard.press("Tab")
        assert shopper.evaluate("document.activeElement === document.body || "
                                "!!document.activeElement.closest('dialog')")  # fmt: skip
    shopper.keyboard.press("ArrowRight")
    expect(zoom.locator("output")).to_have_text("2 / 3")
    shopper.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    expect(picture).to_be_focused()

    shopper.set_viewport_size({"width": 1280, "height": 844})  # a phone has no menu, but tabs
    head, last = shopper.locator(".menu__head"), shopper.get_by_role("button", name="Sign out")
    keys.press(head)
    keys.to(last)
    shopper.keyboard.press("Escape")
    expect(head).to_be_focused()
    expect(last).to_be_hidden()
    keys.press(head)
    keys.to(shopper.get_by_role("button", name="Add to basket"))
    expect(last).to_be_hidden()
    shopper.set_viewport_size({"width": 390, "height": 844})

    order = pay(place(member, virtual_sku(cash="5.00")))
    lifecycle.ship(order, actor="staff:1", carrier="SF", number="1")
    shopper.goto(order.get_absolute_url())
    question = shopper.locator("summary", has_text="I have received it")
    keys.press(question)
    keys.press(shopper.get_by_role("button", name="Not yet"))
    expect(question).to_be_focused()
    expect(shopper.get_by_role("button", name="Yes, everything is here")).to_be_hidden()

    shopper.goto("/account/profile/")
    keys.to(main.locator("[name=birthday]"))
    shopper.keyboard.type("05201995")
    if main.locator("[name=birthday]").input_value() != "1995-05-20":  # the browser's year is first
        shopper.reload()
        keys.to(main.locator("[name=birthday]"))
        shopper.keyboard.type("1995")
        shopper.keyboard.press("ArrowRight")
        shopper.keyboard.type("0520")
    expect(main.locator("[name=birthday]")).to_have_value("1995-05-20")
    keys.follow(main.locator("form button[type=submit]").last, "")
    member.refresh_from_db()
    assert str(member.birthday) == "1995-05-20"
    assert keys.faults == {}


def test_checkout_when_a_choice_brings_a_new_total_then_the_focus_stays_where_it_was(
    shopper, member, goods
):
    keys, main = Keyboard(shopper), shopper.locator("main")
    give_points(member, 1_000)
    sku = virtual_sku(cash="9.00", pay_mode="cash_points")
    shopper.goto(f"/orders/new/?sku={sku.pk}&quantity=1")

    def comes_anew(act):
        main.locator("#quote").evaluate("one => one.dataset.old = 1")
        act()
        expect(main.locator("#quote[data-old]")).to_have_count(0)

    for quantity in ("2", "3"):
        comes_anew(lambda: keys.press(main.locator("#quantity-more")))
        expect(main.locator("#quantity-more")).to_be_focused()
        expect(main.locator("#quantity")).to_have_value(quantity)
    keys.to(main.locator("[name=points_to_use]:checked"))
    comes_anew(lambda: shopper.keyboard.press("ArrowRight"))
    expect(main.locator("[name=points_to_use]:checked")).to_be_focused()
    keys.to(shopper.locator("#place-order"))
    assert keys.faults == {}


def test_draw_when_a_keyboard_draws_a_ticket_then_the_answer_is_where_it_goes_on(
    shopper, member, goods
):
    keys, draw = Keyboard(shopper), announced()
    give_points(member, 100)
    shopper.goto(f"/draws/{draw.code}/")

    keys.press(shopper.get_by_role("button", name=re.compile("^Draw")))

    expect(shopper.locator("#result")).not_to_be_empty()
    keys.to(shopper.locator("main a, main button, main summary").last)
    assert keys.faults == {}


def _sign_up(keys, main):
    keys.write(main.locator("[name=username]"), "mei")
    keys.write(main.locator("[name=email]"), "mei@example.com")
    for field in main.locator("form input[type=password]").all():
        keys.write(field, PASSWORD)
    keys.press(main.locator("form [name=agreed]"), "Space")
    keys.follow(main.locator("form [type=submit]"), "/orders/new/")
