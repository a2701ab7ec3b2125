"""A shop without a payment provider: what costs yuan is not offered as if it could be paid."""

import pytest
from django.urls import reverse

from catalog.models import Product
from orders.coupons.lifecycle import grant
from orders.models import CheckoutPolicy, Order
from tests.factories import flash
from tests.factories.coupons import template
from tests.factories.orders import address_of, give_points, physical_sku, place, virtual_sku

pytestmark = pytest.mark.django_db
NO_PAYMENTS = "We take no payments at the moment"


@pytest.fixture
def shop(settings):
    settings.PAYMENT_PROVIDERS = []


@pytest.fixture
def reader(signed_in):
    signed_in.cookies["mall_language"] = "en"
    return signed_in


MODES = {
    "points": {"points": 10},
    "points_cash": {"points": 10, "cash": "5.00"},
    "cash_points": {"cash": "5.00", "pay_mode": Product.PayMode.CASH_POINTS},
    "cash": {"cash": "5.00", "pay_mode": Product.PayMode.CASH},
}


@pytest.mark.parametrize("mode", MODES)
def test_goods_when_nobody_takes_yuan_then_only_what_points_buy_is_offered(
    reader, member, signed_in_api, mode, shop
):
    give_points(member, 100)
    sku, can = virtual_sku(**MODES[mode]), mode == "points"
    wanted = {"lines": [{"sku": sku.pk, "quantity": 1}]}
    api = signed_in_api

    [listed] = api.get("/api/v1/products").json()["results"]
    detail = api.get(f"/api/v1/products/{sku.product_id}").json()
    quoted = api.post("/api/v1/orders/quote", wanted, format="json")
    ordered = api.post("/api/v1/orders", wanted, format="json", HTTP_IDEMPOTENCY_KEY="one")
    shelf, page = reader.get("/products/").text, reader.get(f"/products/{sku.product_id}/").text
    checkout = reader.get(f"/orders/new/?sku={sku.pk}")

    assert (listed["payable"], detail["payable"]) == (can, can)
    assert ("No payments at the moment" in shelf, NO_PAYMENTS in page) == (not can, not can)
    assert ('type="submit">Buy now' in page or 'type="submit">Redeem' in page) is can
    assert (quoted.status_code, ordered.status_code, checkout.status_code) == (
        (200, 201, 200) if can else (409, 409, 409)
    )
    if not can:
        assert {one.json()["errors"][0]["code"] for one in (quoted, ordered)} == {"not_payable"}
    assert Order.objects.count() == can


def test_quote_when_only_the_freight_costs_yuan_then_it_cannot_be_paid_either(
    member, signed_in_api, shop
):
    CheckoutPolicy.objects.update_or_create(defaults={"freight": "8.00"})
    address_of(member)
    wanted = {"lines": [{"sku": physical_sku(points=1).pk, "quantity": 1}]}

    answer = signed_in_api.post("/api/v1/orders/quote", wanted, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "not_payable")


def test_quote_when_a_coupon_takes_everything_off_then_it_needs_no_payment(
    member, signed_in_api, shop
):
    sku = virtual_sku(cash="5.00", pay_mode=Product.PayMode.CASH)
    coupon = grant(member.pk, template(amount="5.00"), key="gift")
    wanted = {"lines": [{"sku": sku.pk, "quantity": 1}], "coupon": coupon.pk}

    answer = signed_in_api.post("/api/v1/orders/quote", wanted, format="json")

    assert (answer.status_code, answer.json()["cash"]) == (200, "0.00")


def test_flash_when_it_costs_yuan_then_shown_without_a_button_and_refused(
    reader, member, signed_in_api, shop
):
    give_points(member, 100)
    item = flash.item(points=1, cash="2.00")
    api = signed_in_api

    page = reader.get(f"/flash/{item.pk}/").text
    answer = api.post(
        f"/api/v1/flash/{item.pk}/orders", {}, format="json", HTTP_IDEMPOTENCY_KEY="one"
    )

    assert (NO_PAYMENTS in page, ">Get it now<" in page) == (True, False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "not_payable")


def test_pay_when_the_provider_went_meanwhile_then_the_page_says_so(reader, member, settings):
    order = place(member, virtual_sku(cash="9.90"))
    settings.PAYMENT_PROVIDERS = []

    page = reader.get(reverse("orders:pay", args=[order.no])).text

    assert NO_PAYMENTS in page
    assert 'name="provider"' not in page
