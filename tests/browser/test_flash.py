"""A flash sale in a real browser: the countdown opens the button, got it, already yours, sold out;
without JavaScript too.
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from mall.core import clock
from orders.flash import pool
from orders.flash import redemption as flash
from orders.flash import sessions as flash_sessions
from orders.models import FlashReminder, FlashSession, Order
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.factories.orders import virtual_sku
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_remembered():
    pool._sold_out.clear()
    yield
    pool._sold_out.clear()
    books_close()


@pytest.fixture
def pen(transactional_db):
    return virtual_sku(points=100, stock=9, name_zh_hans="黄铜钢笔", name_en="Brass pen")


def english(page, live_server):
    page.context.add_cookies([{"name": "mall_language", "value": "en", "url": live_server.url}])
    return page


def test_button_when_the_countdown_ends_then_opens_without_a_reload_and_gets_one(
    page, sign_in_page, live_server, member, pen
):
    item = factory.item(of=factory.session(starts_in=timedelta(seconds=6)), sku=pen, stock=2)
    sign_in_page(english(page, live_server), member)
    asked = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/flash/" in request.url else None
    )

    page.goto(f"/flash/{item.pk}/")
    button = page.locator("[data-flash-button]")
    expect(button).to_be_disabled()
    expect(page.locator("[data-flash-clock] time")).to_have_text(re.compile(r"00:0\d"))
    expect(button).to_be_enabled(timeout=12_000)
    expect(button).to_have_text("Get it now")
    # one page, one question
    assert [url.rsplit("/flash/", 1)[1] for url in asked] == [f"{item.pk}/", f"{item.pk}/standing/"]

    button.click()
    page.wait_for_url(re.compile(r"/orders/[^/]+/"))
    expect(page.get_by_text("Got it! It is yours.")).to_be_visible()
    assert Order.objects.get().status == Order.Status.PAID

    page.goto(f"/flash/{item.pk}/")
    expect(page.get_by_text("This is already yours.")).to_be_visible()
    expect(page.locator("main button[type=submit]")).to_have_count(0)


def test_button_when_the_shops_clock_is_ahead_then_it_is_the_one_that_counts(
    page, sign_in_page, live_server, member, pen
):
    item = factory.item(of=factory.session(starts_in=timedelta(minutes=30)), sku=pen, stock=2)
    sign_in_page(page, member)
    page.clock.install(time=clock.now() - timedelta(hours=3))

    page.goto(f"/flash/{item.pk}/")

    expect(page.locator("[data-flash-clock] time")).to_have_text(re.compile(r"^(30:00|29:\d\d)$"))


def test_button_when_pressed_on_a_page_left_open_then_told_what_happened(
    page, sign_in_page, live_server, member, other_member, pen
):
    item = factory.item(sku=pen, stock=1)
    sign_in_page(english(page, live_server), member)
    page.goto(f"/flash/{item.pk}/")
    grab(other_member, item)

    page.get_by_role("button", name="Get it now").click()

    expect(page.get_by_role("alert")).to_contain_text("Sold out")
    expect(page.get_by_role("button", name="Sold out")).to_be_disabled()
    assert Order.objects.filter(user=member).count() == 0


def test_sale_when_there_is_no_javascript_then_times_and_the_button_work(
    open_page, sign_in_page, live_server, member, pen
):
    soon = factory.session(starts_in=timedelta(minutes=30))
    factory.item(of=soon, sku=virtual_sku(points=100, stock=9))
    item = factory.item(sku=pen, cash="5.00", stock=2)
    page = sign_in_page(english(open_page(javascript=False, width=1280), live_server), member)

    page.goto("/")
    page.locator(".flash-banner").click()
    expect(page.locator("[data-flash-clock] time").nth(1)).to_have_text(
        soon.starts_at.astimezone(clock.SHOP_ZONE).strftime("%H:%M")
    )
    page.get_by_role("button", name="Remind me").click()
    expect(page.get_by_role("button", name="We will remind you")).to_be_visible()
    assert FlashReminder.objects.get().user == member

    page.get_by_role("link", name="Brass pen").click()
    page.get_by_role("button", name="Get it now").click()
    page.wait_for_url(re.compile(r"/orders/[^/]+/pay/"))
    expect(page.get_by_text("please pay now")).to_be_visible()
    assert flash.had(member, [item.pk]) == {item.pk: 1}


def test_counter_when_a_session_is_planned_in_the_browser_then_it_runs_and_is_watched(
    open_page, sign_in_page, live_server, operator, pen
):
    """An operator's day without a shell: plan, announce, watch, call off."""
    page = sign_in_page(english(open_page(width=1280), live_server), operator)
    starts = clock.now().astimezone(clock.SHOP_ZONE) - timedelta(minutes=2)

    page.goto("/admin/orders/flashsession/add/")
    page.fill("[name=name_zh_hans]", "午场")
    page.fill("[name=name_en]", "Noon")
    for field, moment in (("starts_at", starts), ("ends_at", starts + timedelta(hours=2))):
        page.fill(f"[name={field}_0]", moment.strftime("%Y-%m-%d"))
        page.fill(f"[name={field}_1]", moment.strftime("%H:%M"))
    page.get_by_role("link", name=re.compile("Add another")).first.click()
    page.evaluate(
        """([id, name]) => {
            const field = document.querySelector('[name=items-0-sku]');
            field.append(new Option(name, id, true, true));
        }""",
        [str(pen.pk), "pen"],
    )
    for field, words in (("points_price", "50"), ("stock", "5")):
        page.fill(f"[name=items-0-{field}]", words)
    page.click("[name=_continue]")
    page.wait_for_url("**/change/")
    page.get_by_role("link", name="Announce").click()
    page.locator("main form, #content form, form").last.locator("[type=submit]").click()
    page.wait_for_url("**/change/")
    session = FlashSession.objects.get()
    assert session.status == FlashSession.Status.RUNNING

    page.get_by_role("link", name="Live figures").click()
    expect(page.locator("tbody tr")).to_contain_text("5")
    page.goto(f"/admin/orders/flashsession/{session.pk}/change/")
    page.get_by_role("link", name="Call off").click()
    page.fill("[name=en]", "Rehearsal")
    page.locator("form").last.locator("[type=submit]").click()
    page.wait_for_url("**/change/")
    session.refresh_from_db()
    assert session.status == FlashSession.Status.CANCELLED
    assert flash_sessions.figures(session)[0]["left"] == 0
