"""The staff API of goods: products, prices, stock; permission-checked, and each delivery booked
once.
"""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from catalog import stock
from catalog.models import Product, Sku, StockMovement
from catalog.stock_api import Pages
from mall.core.models import AuditRow
from orders import lifecycle
from tests.factories.catalog import ProductFactory, SkuFactory
from tests.factories.orders import key_sku, place, virtual_sku
from tests.factories.points import member_with

pytestmark = pytest.mark.django_db
PRODUCTS, STOCK = "/api/v1/staff/products", "/api/v1/staff/stock"


@pytest.fixture
def api_of():
    """api_of(user) -> an app client of that user, whose token was checked before."""

    def made(user):
        caller = APIClient()
        caller.force_authenticate(user)
        return caller

    return made


@pytest.fixture
def clerk(api_of, operator):
    """An app client of an operator."""
    return api_of(operator)


@pytest.fixture
def of_role(api_of):
    def made(role):
        user = member_with()
        user.is_staff = True
        user.save()
        user.groups.add(Group.objects.get(name=role))
        return api_of(user)

    return made


def received(api, sku, key=None, **changes):
    sent = {"quantity": 5, "note": "delivery 7", **changes}
    return api.post(
        f"{STOCK}/{sku.pk}/movements",
        sent,
        format="json",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def left(sku):
    return stock.available([sku.pk])[sku.pk]


@pytest.mark.parametrize("products", [1, 3])
def test_products_when_rows_grow_then_queries_do_not(clerk, django_assert_num_queries, products):
    for _ in range(products):
        SkuFactory(product=ProductFactory(status=Product.Status.DRAFT), stock=5)
    SkuFactory()

    # what the clerk may do (2), the rows, their SKUs, the pieces of these
    with django_assert_num_queries(5):
        rows = clerk.get(f"{PRODUCTS}?status=draft").json()["results"]

    assert [(row["status"], row["skus"][0]["stock"]) for row in rows] == [("draft", 5)] * products


def test_sale_when_put_on_and_taken_off_then_the_shop_shows_it_and_the_log_names_who(
    clerk, api, operator
):
    sku = SkuFactory(product=ProductFactory(status=Product.Status.DRAFT), stock=1)
    at = f"{PRODUCTS}/{sku.product_id}"

    assert api.get(f"/api/v1/products/{sku.product_id}").status_code == 404
    assert [clerk.post(f"{at}/sale").json()["status"] for _ in range(2)] == ["on", "on"]
    assert Product.objects.get().status == "on"
    assert clerk.delete(f"{at}/sale").json()["status"] == "off"
    assert list(AuditRow.objects.order_by("pk").values_list("action", "actor")) == [
        ("catalog.product_on", f"staff:{operator.pk}"),
        ("catalog.product_off", f"staff:{operator.pk}"),
    ]


def test_sale_when_no_sku_is_offered_then_refused(clerk):
    product = ProductFactory(status=Product.Status.DRAFT)

    answer = clerk.post(f"{PRODUCTS}/{product.pk}/sale")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "not_ready_for_sale")


def test_change_when_names_and_limits_then_the_rest_stays(clerk, operator):
    sku = SkuFactory()

    answer = clerk.patch(
        f"{PRODUCTS}/{sku.product_id}", {"name_en": "A cup", "limit_per_person": 2}, format="json"
    )

    product = Product.objects.get()
    assert (answer.status_code, answer.json()["name_en"], answer.json()["limit_per_person"]) == (
        200,
        "A cup",
        2,
    )
    assert (product.name_en, product.limit_per_person, product.limit_per_order, product.status) == (
        "A cup",
        2,
        0,
        "on",
    )
    assert (product.history.first().history_user, AuditRow.objects.get().action) == (
        operator,
        "catalog.product_change",
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"status": "on"},
        {"popularity": 5},
        {"name_en": ""},
        {"limit_per_order": -1},
        {"limit_per_order": "3"},
        {"limit_per_order": 1.5},
        {
            "sale_starts_at": "2026-12-02T00:00:00+08:00",
            "sale_ends_at": "2026-12-01T00:00:00+08:00",
        },
    ],
)
def test_change_when_it_makes_no_sense_then_400_and_nothing_changes(clerk, sent):
    sku = SkuFactory()
    before = Product.objects.values().get()

    assert clerk.patch(f"{PRODUCTS}/{sku.product_id}", sent, format="json").status_code == 400
    assert Product.objects.values().get() == before


def test_reprice_when_the_price_fits_then_shoppers_see_it(clerk, api):
    sku = SkuFactory(points_price=100, stock=1)

    answer = clerk.patch(f"/api/v1/staff/skus/{sku.pk}", {"points_price": 80}, format="json")

    assert (answer.status_code, answer.json()["skus"][0]["points_price"]) == (200, 80)
    assert api.get(f"/api/v1/products/{sku.product_id}").json()["points_price"] == 80
    log = AuditRow.objects.get()
    assert (log.action, log.before, log.after) == (
        "catalog.reprice",
        {"points_price": 100},
        {"points_price": 80},
    )


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"points_price": 0}, 400, "price_mismatch"),
        ({"cash_price": "1.00"}, 400, "price_mismatch"),
        ({"cash_price": "-1.00"}, 400, "min_value"),
        ({"points_price": 10**30}, 400, "max_value"),
        ({"stock": 5}, 400, "unknown_field"),
        ({"is_active": False}, 409, "not_ready_for_sale"),
    ],
)
def test_reprice_when_it_does_not_fit_then_refused(clerk, sent, status, code):
    sku = SkuFactory(points_price=100)

    answer = clerk.patch(f"/api/v1/staff/skus/{sku.pk}", sent, format="json")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code)
    assert Sku.objects.values_list("points_price", "cash_price", "is_active").get() == (
        100,
        Decimal("0.00"),
        True,
    )


def test_receive_when_sent_twice_with_one_key_then_booked_once(clerk, operator):
    sku = SkuFactory(stock=3)

    answers = [received(clerk, sku, key="d:1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
    assert (answers[0].json()["delta"], answers[0].json()["actor"], left(sku)) == (
        5,
        f"staff:{operator.pk}",
        8,
    )


@pytest.mark.parametrize("changes", [{"quantity": 6}, {"note": "another one"}])
def test_receive_when_the_key_says_something_else_then_422(clerk, changes):
    sku = SkuFactory()
    received(clerk, sku, key="d:1")

    answer = received(clerk, sku, key="d:1", **changes)

    assert (answer.status_code, answer.json()["errors"][0]["code"], left(sku)) == (
        422,
        "idempotency_conflict",
        5,
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"quantity": 0}, 400),
        ({"quantity": "5"}, 400),
        ({"quantity": 10**30}, 400),
        ({"note": ""}, 400),
        ({"at": 1}, 400),
        ({"quantity": -4}, 409),
    ],
)
def test_receive_when_it_makes_no_sense_then_nothing_is_booked(clerk, changes, status):
    sku = SkuFactory(stock=3)

    assert received(clerk, sku, **changes).status_code == status
    assert (left(sku), StockMovement.objects.count()) == (3, 1)


def test_movements_when_orders_took_pieces_then_they_stand_in_the_list_page_by_page(
    clerk, monkeypatch
):
    monkeypatch.setattr(Pages, "page_size", 2)
    sku, buyer = virtual_sku(points=1, stock=9), member_with(9)
    first, _other = place(buyer, sku, quantity=2), place(buyer, virtual_sku(points=1))
    received(clerk, sku, note="refill")
    last = place(buyer, sku)
    back = lifecycle.cancel(last, actor="test")

    pages = [clerk.get(f"{STOCK}/{sku.pk}/movements").json()]
    while pages[-1]["next"]:
        pages.append(clerk.get(pages[-1]["next"]).json())
    again = [pages[-1]]
    while again[0]["previous"]:
        again.insert(0, clerk.get(again[0]["previous"]).json())

    told = [
        (row["direction"], row["delta"], row["reference"], row["id"] is None)
        for page in pages
        for row in page["results"]
    ]
    assert [row[:2] for row in told] == [
        ("put_back", 1),
        ("take", -1),
        ("receive", 5),
        ("take", -2),
        ("receive", 9),
    ]
    assert [row[2:] for row in told if row[0] == "take"] == [
        (back.reference, True),
        (first.reference, True),
    ]
    assert [page["results"] for page in again] == [page["results"] for page in pages]


@pytest.mark.parametrize("cursor", ["older-1", "newer--1-2", "cD0x", "older-1-2-3"])
def test_movements_when_the_cursor_is_none_of_ours_then_404(clerk, cursor):
    sku = SkuFactory(stock=1)

    assert clerk.get(f"{STOCK}/{sku.pk}/movements?cursor={cursor}").status_code == 404


def test_receive_when_the_key_is_missing_then_400(clerk):
    sku = SkuFactory()

    assert (
        clerk.post(
            f"{STOCK}/{sku.pk}/movements", {"quantity": 1, "note": "x"}, format="json"
        ).status_code
        == 400
    )


def test_receive_when_it_is_a_card_key_then_its_keys_count(clerk):
    answer = received(clerk, key_sku(keys=2, points=5))

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "counted_by_keys")


def test_stock_when_asked_for_what_runs_out_then_only_that(clerk):
    none, few, _many = SkuFactory(), SkuFactory(stock=9), SkuFactory(stock=10)

    assert [row["sku"] for row in clerk.get(f"{STOCK}?left=none").json()["results"]] == [none.pk]
    assert [
        (row["sku"], row["quantity"]) for row in clerk.get(f"{STOCK}?left=few").json()["results"]
    ] == [(few.pk, 9)]
    assert clerk.get(f"{STOCK}?left=all").status_code == 400
    moved = clerk.get(f"{STOCK}/{few.pk}/movements").json()["results"]
    assert [(row["direction"], row["delta"]) for row in moved] == [("receive", 9)]


@pytest.mark.parametrize("rows", [1, 3])
def test_stock_when_rows_grow_then_queries_do_not(clerk, django_assert_num_queries, rows):
    for _ in range(rows):
        SkuFactory(stock=1)

    with django_assert_num_queries(3):  # what the clerk may do (2), the rows with their pieces
        assert len(clerk.get(STOCK).json()["results"]) == rows


@pytest.mark.parametrize("address", [PRODUCTS, f"{PRODUCTS}/1", STOCK, f"{STOCK}/1/movements"])
def test_api_when_a_shopper_or_stranger_asks_then_refused(api, api_of, member, address):
    assert (api.get(address).status_code, api_of(member).get(address).status_code) == (401, 403)


@pytest.mark.parametrize("role", ["support", "auditor", "finance"])
def test_api_when_a_role_only_looks_then_it_changes_nothing(of_role, role):
    sku, caller = SkuFactory(stock=1), of_role(role)

    assert [caller.get(address).status_code for address in (PRODUCTS, STOCK)] == [200, 200]
    assert (
        caller.patch(f"/api/v1/staff/skus/{sku.pk}", {"points_price": 1}, format="json").status_code
        == 403
    )
    assert caller.post(f"{PRODUCTS}/{sku.product_id}/sale").status_code == 403
    assert received(caller, sku).status_code == 403
    assert (Sku.objects.get().points_price, left(sku)) == (100, 1)


@pytest.mark.parametrize("address", [f"{PRODUCTS}/987654", f"{STOCK}/987654/movements"])
def test_api_when_it_is_not_there_then_404(clerk, address):
    assert clerk.get(address).status_code == 404
