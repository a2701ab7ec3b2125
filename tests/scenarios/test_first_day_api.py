"""A newcomer's first day through the app API, with the figures of the plan: 100, 110, 130, then
goods.
"""

import pytest

from catalog.models import Product
from points.models import LedgerEntry
from tests.factories.catalog import SkuFactory
from tests.scenarios.books import books_close

pytestmark = pytest.mark.django_db(transaction=True)

SIGN_UP = {"username": "mei", "email": "mei@example.com", "password": "plum-blossom-88"}


def tokens(answer):
    return answer.json()["meta"]["access_token"]


@pytest.fixture
def newcomer(api):
    signed_up = api.post("/api/auth/app/v1/auth/signup", SIGN_UP, format="json")
    assert signed_up.status_code in (200, 201), signed_up.content
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens(signed_up)}")
    return api


def sign_in(api):
    api.credentials()
    signed_in = api.post(
        "/api/auth/app/v1/auth/login",
        {"username": "mei", "password": SIGN_UP["password"]},
        format="json",
    )
    assert signed_in.status_code == 200, signed_in.content
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens(signed_in)}")


def available(api):
    answer = api.get("/api/v1/points")
    assert answer.status_code == 200, answer.content
    return answer.json()["available"]


def save_address(api):
    address = {
        "recipient": "梅小姐",
        "phone": "13800138000",
        "region": "上海市 徐汇区",
        "detail": "衡山路 1 号",
    }
    answer = api.post("/api/v1/me/addresses", address, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def place(api, sku, *, key, **more):
    body = {"lines": [{"sku": sku.pk, "quantity": 1}], **more}
    return api.post("/api/v1/orders", body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_first_day_when_lived_through_the_api_then_every_step_is_exact_and_explained(newcomer):
    goods = SkuFactory(product__pay_mode=Product.PayMode.POINTS, points_price=80, stock=5)
    mixed = SkuFactory(
        product__pay_mode=Product.PayMode.POINTS_CASH, points_price=40, cash_price="9.90", stock=5
    )
    assert available(newcomer) == 100

    sign_in(newcomer)
    assert available(newcomer) == 110
    sign_in(newcomer)
    assert available(newcomer) == 110

    checked_in = newcomer.post("/api/v1/checkins", {}, format="json")
    assert checked_in.status_code == 201
    assert {name: checked_in.json()[name] for name in ("streak", "points", "available")} == {
        "streak": 1,
        "points": 20,
        "available": 130,
    }
    again = newcomer.post("/api/v1/checkins", {}, format="json")
    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "already_checked_in"

    save_address(newcomer)
    redeemed = place(newcomer, goods, key="first")
    assert redeemed.status_code == 201, redeemed.content
    assert redeemed.json()["status"] == "paid"
    assert available(newcomer) == 50
    goods.stock.refresh_from_db()
    assert goods.stock.quantity == 4

    replayed = place(newcomer, goods, key="first")
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.json()["no"] == redeemed.json()["no"]
    assert available(newcomer) == 50

    pending = place(newcomer, mixed, key="second")
    assert pending.status_code == 201, pending.content
    assert pending.json()["status"] == "pending"
    standing = newcomer.get("/api/v1/points").json()
    assert (standing["available"], standing["held"], standing["pending"], standing["debt"]) == (
        10,
        40,
        100,
        0,
    )  # the first order's bonus is on its way
    mixed.stock.refresh_from_db()
    assert mixed.stock.quantity == 4

    cancelled = newcomer.post(
        f"/api/v1/orders/{pending.json()['no']}/cancellation", {}, format="json"
    )
    assert cancelled.status_code == 200, cancelled.content
    assert cancelled.json()["status"] == "cancelled"
    assert available(newcomer) == 50
    mixed.stock.refresh_from_db()
    assert mixed.stock.quantity == 5

    entries = newcomer.get("/api/v1/points/entries").json()["results"]
    # The hold and its release move points between "available" and "held"; both stand in the
    # statement.
    assert [entry["points"] for entry in entries] == [40, -40, -80, 20, 10, 100]
    assert [entry["balance_after"] for entry in entries] == [50, 10, 50, 130, 110, 100]
    assert all(entry["description"] for entry in entries)
    books_close()


def test_cancelled_points_when_returned_then_they_keep_their_original_expiry(newcomer):
    sign_in(newcomer)
    goods = SkuFactory(product__pay_mode=Product.PayMode.POINTS, points_price=80, stock=1)
    save_address(newcomer)
    before = newcomer.get("/api/v1/points").json()["expiring"]

    order = place(newcomer, goods, key="one").json()
    newcomer.post(f"/api/v1/orders/{order['no']}/cancellation", {}, format="json")
    newcomer.post(f"/api/v1/orders/{order['no']}/cancellation", {}, format="json")

    assert newcomer.get("/api/v1/points").json()["expiring"] == before
    assert LedgerEntry.objects.filter(reference=f"order:{order['no']}").count() == 2
    books_close()
