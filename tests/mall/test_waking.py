"""In a real browser: Back shows the truth, nothing fails in silence, what cannot be undone asks."""

from functools import partial

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from orders import lifecycle
from orders.models import Order
from tests.factories.accounts import PASSWORD
from tests.factories.catalog import SkuFactory
from tests.factories.orders import address_of, give_points, pay, physical_sku, place

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHELF = "/products/"
NEW_WORDS = """old => {
  const now = document.querySelector("#toasts [data-trouble]")?.textContent;
  return now && now !== old;
}"""


def signed_in_by_hand(page, user):
    page.goto(f"{reverse('account_login')}?next=/account/")
    page.fill("[name=login]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/account/")


def test_back_when_somebody_signed_in_or_out_since_then_pages_are_made_anew(page, member):
    shelf = SkuFactory(stock=3).product.get_absolute_url()
    page.goto(shelf)
    signed_in_by_hand(page, member)

    page.go_back()
    page.go_back()
    page.wait_for_url(f"**{shelf}")

    page.wait_for_function("document.documentElement.dataset.reader !== ''")
    expect(page.locator("html")).to_be_visible()
    page.goto("/account/")
    page.locator("main form[action='/accounts/logout/'] button").click()
    page.wait_for_function("document.documentElement.dataset.reader === ''")
    page.go_back()
    page.wait_for_url("**/accounts/login/**")


def refuse(answer, route):
    """Answer as a proxy or the shop does, or not at all."""
    own = "<p class='empty__text'>请等 40 秒</p>" if answer == 429 else ""
    if isinstance(answer, int):
        route.fulfill(status=answer, body=own, content_type="text/html")
    elif answer != "slow":
        route.abort()


def test_parts_when_what_they_ask_for_fails_then_each_says_so_once(page, live_server):
    SkuFactory(stock=3)
    page.goto(SHELF)
    field, toast = page.locator("#id_search"), page.locator("#toasts [role=alert]")
    said = {}

    for number, answer in enumerate([403, 429, 500, 503, "failed", "offline", "slow"]):
        page.evaluate(f"htmx.config.timeout = {300 if answer == 'slow' else 15000}")
        page.route("**/products/?**", partial(refuse, answer))
        page.context.set_offline(answer == "offline")
        field.fill(f"杯{number}")
        page.wait_for_function(NEW_WORDS, arg=said.get("last"))
        expect(toast).to_have_count(1)
        said[answer] = said["last"] = toast.inner_text()
        page.unroute("**/products/?**")
        page.context.set_offline(False)

    assert "40" in said[429]
    del said["last"]
    assert len(set(said.values())) == 7
    field.fill("")
    expect(page.locator("#shelf .product-card")).to_have_count(1)


def test_pages_when_offline_then_one_says_so_and_typed_text_stays(page, sign_in_page, member):
    sign_in_page(page, member)
    page.goto(reverse("accounts:address_new"))
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    typed = {"recipient": "张三", "phone": "13800138000", "region": "上海", "detail": "一号"}
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)
    page.context.set_offline(True)

    page.click("main form button.btn-primary[type=submit]")
    expect(page.locator("#toasts [role=alert]")).to_be_visible()
    kept = {name: page.input_value(f"[name={name}]") for name in typed}
    page.goto(SHELF)

    expect(page.locator("h1.empty__title")).to_be_visible()
    assert kept == typed
    page.context.set_offline(False)
    page.click("a.btn-primary")
    expect(page.locator("#shelf")).to_be_visible()


def test_form_when_only_the_browser_calls_itself_offline_then_it_is_sent(
    page, sign_in_page, member
):
    """A shop on one's own machine answers without any network, as in a train."""
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'onLine', {get: () => false})")
    sign_in_page(page, member)
    page.goto(reverse("accounts:address_new"))
    typed = {
        "recipient": "张三",
        "phone": "13800138000",
        "region": "上海市 徐汇区",
        "detail": "一号",
    }
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)

    page.click("main form button.btn-primary[type=submit]")
    page.wait_for_url(lambda url: not url.endswith(reverse("accounts:address_new")))

    assert member.addresses.get().recipient == "张三"


@pytest.mark.parametrize("javascript", [True, False])
def test_receipt_when_tapped_then_it_asks_first(open_page, sign_in_page, member, javascript):
    give_points(member, 500)
    address_of(member)
    order = pay(place(member, physical_sku(points=10, cash="1.00")))
    lifecycle.ship(order, carrier="SF", number="SF1234567", actor="staff:1")
    page = sign_in_page(open_page(javascript=javascript), member)
    page.goto(order.get_absolute_url())

    page.locator(".sticky-action summary").click()
    before = Order.objects.get().status
    page.locator(".sticky-action .confirm__sheet button[type=submit]").click()
    page.wait_for_load_state()

    assert (before, Order.objects.get().status) == ("shipped", "completed")
