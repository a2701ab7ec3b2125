"""An own shop opens in a real browser: from an empty database to the first paid order, no shell."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from playwright.sync_api import expect

from catalog.models import Sku
from orders.models import Order
from tests.scenarios.books import books_close

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CODE, PASSWORD = "a1b2c3d4e5", "plum-blossom-88"


def press(page, name):
    page.get_by_role("button", name=name).first.click()
    page.wait_for_load_state()


def come_in(page):
    """Become the first operator, and set up the second step that staff need."""
    page.goto("/setup/")
    said = {"code": CODE, "username": "boss", "email": "boss@example.com", "password": PASSWORD}
    for name, text in said.items():
        page.fill(f"[name={name}]", text)
    page.click("main form [type=submit]")
    page.wait_for_url("**/totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    now = next(yield_hotp_counters_from_time())
    page.fill("[name=code]", format_hotp_value(hotp_value(secret, now)))
    page.locator("form", has=page.locator("[name=code]")).get_by_role("button").click()
    page.wait_for_load_state()
    page.goto("/admin/")


def step(page, title):
    """Follow a step of the front page's list."""
    page.goto("/admin/")
    page.locator(".setup").get_by_role("link", name=title).click()
    page.wait_for_load_state()


def save(page):
    page.locator("[name=_save]").first.click()
    page.wait_for_load_state()


def put_goods_up(page):
    step(page, "Make the first category")
    page.fill("[name=name_zh_hans]", "茶")
    page.fill("[name=name_en]", "Tea")
    page.fill("[name=slug]", "tea")
    save(page)
    step(page, "Put the first goods on sale")
    page.fill("[name=name_zh_hans]", "明前龙井")
    page.select_option("[name=status]", "on")
    page.select_option("[name=pay_mode]", "cash")
    page.select_option("[name=kind]", "virtual")
    page.locator(".select2-selection, .ts-control").first.click()
    page.locator(".select2-results__option", has_text="Tea").click()
    page.fill("[name=skus-0-cash_price]", "19.90")
    page.fill("[name=skus-0-counted]", "3")
    page.fill("[name=skus-0-reason]", "a first delivery")
    save(page)


def test_own_shop_when_it_opens_empty_then_up_to_the_first_paid_order_without_a_shell(
    open_page, english, settings, transactional_db
):
    settings.SETUP_CODE, settings.STAFF_NEED_SECOND_FACTOR = CODE, True
    boss = english(open_page(width=1280, height=900))

    come_in(boss)
    expect(boss.locator(".setup__step")).to_have_count(9)
    expect(boss.locator(".setup__step--done")).to_have_count(0)
    put_goods_up(boss)
    step(boss, "Send yourself a mail")
    press(boss, "Send a mail")
    expect(boss.locator("body")).to_contain_text("Please see whether it arrived")

    shopper = open_page(width=390)
    shopper.goto("/accounts/signup/")
    shopper.fill("[name=username]", "mei")
    shopper.fill("[name=email]", "mei@example.com")
    shopper.fill("main form [name=password1]", PASSWORD)
    shopper.check("main form [name=agreed]")
    shopper.click("main form [type=submit]")
    shopper.wait_for_url(re.compile(r"^https?://[^/]+/$"))
    shopper.goto(f"/products/{Sku.objects.get().product_id}/")
    shopper.click("#redeem .btn-primary")
    shopper.wait_for_url(re.compile(r"//[^/]+/orders/new/"))
    shopper.click(".sticky-action [type=submit]")
    shopper.wait_for_url(re.compile(r"/orders/(?!new)[^/]+/"))
    if "/pay/" not in shopper.url:
        shopper.click("a[href$='/pay/']")
    shopper.click(".sticky-action [type=submit]")
    shopper.click("button[value=paid]")
    shopper.wait_for_url(re.compile(r"/orders/[^/]+/$"))

    assert Order.objects.get().status == "paid"
    assert "boss@example.com" in {letter.to[0] for letter in mail.outbox}
    boss.goto("/admin/")
    expect(boss.locator(".setup__step--done")).to_have_count(4)
    books_close()
