"""The lowest price in the product's row: every door that writes a SKU draws it, drift is told and
mended, and a long shelf is read by its indexes.
"""

from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from catalog import assortment, finding, kept, shelf_prices, storefront, tasks
from catalog.finding import Filters
from catalog.models import DRAWN_COLUMNS, Product, Sku
from tests.catalog.test_admin import product_form
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db


def columns(product):
    return Product.objects.values_list(*DRAWN_COLUMNS).get(pk=product.pk)


def saved(client, product, **changes):
    answer = client.post(
        reverse("admin:catalog_product_change", args=[product.pk]), product_form(product, **changes)
    )
    assert answer.status_code == 302, answer.context["errors"]


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


# --- drawn ----------------------------------------------------------------------------
def test_draw_when_skus_differ_then_the_cheapest_offered_one_and_siblings_stay():
    product, sibling = ProductFactory(pay_mode="points_cash"), ProductFactory()
    SkuFactory(product=sibling, points_price=7)
    for points, cash, offered in [(90, 1, False), (100, 9, True), (100, 5, True), (300, 1, True)]:
        SkuFactory(product=product, points_price=points, cash_price=cash, is_active=offered)

    assert columns(product) == (3, 100, Decimal("5.00"), False, True)
    assert columns(sibling) == (1, 7, Decimal("0.00"), False, False)


def test_draw_when_nothing_is_offered_then_no_choice_and_no_price():
    product = ProductFactory(pay_mode="cash")
    SkuFactory(product=product, points_price=0, cash_price=5, is_active=False)

    assert columns(product) == (0, 0, Decimal("0.00"), True, False)


# --- by every door --------------------------------------------------------------------
def test_save_when_an_operator_changes_the_price_then_drawn(back_room, shelve):
    product = shelve(points=100)

    saved(back_room, product, **{"skus-0-points_price": 150})

    assert columns(product) == (1, 150, Decimal("0.00"), False, False)


def test_save_when_an_operator_changes_the_pay_mode_then_drawn(back_room, shelve):
    product = shelve(points=100)

    saved(
        back_room,
        product,
        pay_mode="cash",
        **{"skus-0-points_price": 0, "skus-0-cash_price": "9.50"},
    )

    assert columns(product) == (1, 0, Decimal("9.50"), True, False)


def test_save_when_an_operator_adds_hides_and_deletes_skus_then_drawn(back_room, shelve):
    product = shelve(points=100, stock=0)
    second = {"skus-TOTAL_FORMS": 2, "skus-1-id": "", "skus-1-product": product.pk}
    second |= {"skus-1-points_price": 60, "skus-1-cash_price": 0, "skus-1-position": 1}
    seen = []

    saved(back_room, product, **second, **{"skus-1-is_active": "on"})
    seen.append(columns(product)[:2])
    added = product.skus.get(points_price=60)
    Sku.objects.filter(pk=added.pk).delete()
    saved(back_room, product, **second)
    seen.append(columns(product)[:2])
    product.skus.filter(points_price=60).delete()
    saved(back_room, product, **second, **{"skus-1-is_active": "on", "skus-0-DELETE": "on"})
    seen.append(columns(product)[:2])

    assert seen == [(2, 60), (1, 100), (1, 60)]


def test_reprice_when_a_program_changes_or_hides_a_sku_then_drawn(shelve, operator):
    product = shelve(points=100)
    cheap = SkuFactory(product=product, points_price=40)

    assortment.reprice(cheap.pk, by=operator, points_price=30)
    assert columns(product)[:2] == (2, 30)
    assortment.reprice(cheap.pk, by=operator, is_active=False)
    assert columns(product)[:2] == (1, 100)


# --- by every program -----------------------------------------------------------------
def test_rows_when_a_program_writes_skus_then_drawn():
    product, sibling = ProductFactory(), ProductFactory()
    sku = Sku.objects.create(product=product, points_price=100)
    seen = [columns(product)[:2]]

    Sku.objects.filter(pk=sku.pk).update(points_price=80)
    seen.append(columns(product)[:2])
    Sku.objects.bulk_create([Sku(product=product, points_price=n) for n in (70, 60)])
    seen.append(columns(product)[:2])
    Sku.objects.filter(points_price=60).delete()
    seen.append(columns(product)[:2])
    product.skus.get(points_price=70).delete()
    seen.append(columns(product)[:2])
    product.skus.update(product=sibling)
    seen.append(columns(product)[:2])

    assert seen == [(1, 100), (1, 80), (3, 60), (2, 70), (1, 80), (0, 0)]
    assert columns(sibling)[:2] == (1, 80)


def test_save_when_the_product_was_read_before_its_skus_moved_then_the_columns_stay():
    product = ProductFactory()
    Sku.objects.create(product=product, points_price=100)

    product.name_en = "Renamed"
    product.save()
    product.pay_mode = "cash"
    product.save(update_fields=["pay_mode"])

    assert columns(product) == (1, 100, Decimal("0.00"), True, False)
    assert Product.objects.get(pk=product.pk).name_en == "Renamed"


# --- drift ----------------------------------------------------------------------------
def test_mend_when_an_earlier_release_edited_a_sku_then_drawn_again(shelve):
    product, sibling = shelve(points=100), shelve(points=50)
    with connection.cursor() as cursor:  # as it would: nothing is drawn
        cursor.execute(
            "UPDATE catalog_sku SET points_price = 80 WHERE product_id = %s", [product.pk]
        )

    drifted = shelf_prices.drifted()
    tasks.refresh_popularity()

    assert [(row[0], row[1][:2], row[2][:2]) for row in drifted] == [
        (product.pk, (1, 80), (1, 100))
    ]
    assert (columns(product)[:2], columns(sibling)[:2]) == ((1, 80), (1, 50))
    assert shelf_prices.drifted() == []


# --- a long shelf ---------------------------------------------------------------------
@pytest.fixture
def long_shelf():
    """12,288 goods: a few of them, doubled by the database."""
    if connection.vendor == "sqlite":
        pytest.skip("the plans of the shop's own databases are meant")
    shelf = CategoryFactory()
    for n in range(12):
        pay_mode = "cash" if n == 0 else "points"
        Product.objects.create(
            category=shelf,
            name_zh_hans=f"商品{n}",
            description="一段话。" * 200,  # of the usual length: thin rows need no index to count
            status="on",
            pay_mode=pay_mode,
            choices=1,
            lowest_points=0 if n == 0 else n * 50,
            lowest_cash=9 if n == 0 else 0,
            is_yuan_priced=n == 0,
            popularity=n,
        )
    names = ", ".join(
        field.column for field in Product._meta.concrete_fields if not field.primary_key
    )
    with connection.cursor() as cursor:
        for _doubling in range(10):
            cursor.execute(
                f"INSERT INTO catalog_product ({names}) SELECT {names} FROM catalog_product"
            )
        cursor.execute("ANALYZE TABLE catalog_product")
        cursor.fetchall()


@pytest.mark.django_db(transaction=True)  # ANALYZE commits
def test_storefront_when_the_shelf_is_long_then_indexes_give_every_order_and_the_work_is_bounded(
    long_shelf,
):
    plans = {
        (ordering, *asked): finding.matching(Filters(**asked), categories=None)
        .order_by(*finding.ORDERINGS[ordering])[: finding.PAGE_SIZE]
        .explain(format="TRADITIONAL")
        for ordering in finding.ORDERINGS
        for asked in ({}, {"pay_mode": "points"}, {"max_points": 500})
    }
    counting = (
        finding.matching(Filters(), categories=None).values("status").explain(format="TRADITIONAL")
    )

    assert {key: plan for key, plan in plans.items() if "filesort" in plan} == {}
    assert "Using index" in counting.replace("Using index condition", "")
    assert len(storefront.popular()) == storefront.MOST_GOODS
    assert kept.fact("popular", dict) is storefront.popular()
