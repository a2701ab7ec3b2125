"""Stock set by counting on a product's page: a movement with its reason, over nobody's head."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalog import stock
from catalog.models import Product, StockMovement
from tests.catalog.test_admin import product_form
from tests.factories.catalog import SkuFactory
from tests.factories.orders import key_sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, operator):
    client.force_login(operator)
    return client


def page_of(product):
    return reverse("admin:catalog_product_change", args=[product.pk])


def opened(desk, product, **typed):
    """What the browser sends of a page that was opened now."""
    page = desk.get(page_of(product)).content.decode()
    read = re.search(r'name="skus-0-stock_read" value="([^"]+)"', page)[1]
    return product_form(product, **{"skus-0-stock_read": read, **typed})


def left(sku):
    return stock.available([sku.pk])[sku.pk]


def test_count_when_saved_twice_then_one_movement_says_why(desk, operator):
    sku = SkuFactory(stock=3)
    typed = {"skus-0-counted": "７", "skus-0-reason": "盘点"}
    sent = opened(desk, sku.product, **typed, name_zh_hans="新名字")
    stock.take([(sku.pk, 1)], reference="pool:1")  # sold while somebody counted

    answers = [desk.post(page_of(sku.product), sent).status_code for _ in range(2)]

    sku.product.refresh_from_db()
    assert (answers, left(sku), sku.product.name_zh_hans) == ([302, 302], 6, "新名字")
    [moved] = StockMovement.objects.filter(reference__startswith="count:")
    assert (moved.delta, moved.note, moved.actor) == (4, "盘点", f"staff:{operator.pk}")


def test_count_when_a_colleague_booked_meanwhile_then_told_beside_it_and_all_is_kept(desk):
    sku = SkuFactory(stock=3)
    typed = {"skus-0-counted": "7", "skus-0-reason": "count", "name_zh_hans": "新名字"}
    sent = opened(desk, sku.product, **typed)
    stock.receive(sku.pk, quantity=10, actor="staff:9", note="delivery")

    refused = desk.post(page_of(sku.product), sent)
    page = refused.content.decode()
    again = re.search(r'name="skus-0-stock_read" value="([^"]+)"', page)[1]
    saved = desk.post(page_of(sku.product), {**sent, "skus-0-stock_read": again})

    [formset] = [
        one.formset for one in refused.context["inline_admin_formsets"]
        if one.formset.prefix == "skus"
    ]  # fmt: skip
    assert list(formset.errors[0]) == ["counted"]
    assert 'value="新名字"' in page and 'value="7"' in page and 'value="count"' in page
    assert again.startswith("13:")
    assert (saved.status_code, left(sku)) == (302, 7)


@pytest.mark.parametrize("typed", ["-1", "1.5", "many", "1000001", "1_0"])
def test_count_when_it_is_no_number_of_pieces_then_said_and_nothing_moves(desk, typed):
    sku = SkuFactory(stock=3)
    sent = opened(desk, sku.product, **{"skus-0-counted": typed, "name_zh_hans": "新名字"})

    answer = desk.post(page_of(sku.product), sent)

    sku.product.refresh_from_db()
    assert (answer.status_code, left(sku)) == (200, 3)
    assert sku.product.name_zh_hans != "新名字"


@pytest.mark.parametrize("read", ["", "3:0", "3:0:nokey", "\0", "x:0:" + "0" * 32])
def test_count_when_the_page_says_not_what_it_showed_then_nothing_moves(desk, read):
    sku = SkuFactory(stock=3)
    sent = opened(desk, sku.product, **{"skus-0-counted": "9", "skus-0-stock_read": read})

    answer = desk.post(page_of(sku.product), sent)

    assert (answer.status_code, left(sku)) == (200, 3)


def test_count_when_more_was_sold_than_is_left_then_said(desk):
    sku = SkuFactory(stock=3)
    sent = opened(desk, sku.product, **{"skus-0-counted": "1"})
    stock.take([(sku.pk, 2)], reference="pool:1")

    answer = desk.post(page_of(sku.product), sent)

    assert (answer.status_code, left(sku)) == (200, 1)


def test_count_when_keys_are_counted_then_refused(desk):
    sku = key_sku(keys=2, points=50)
    sent = opened(desk, sku.product, **{"skus-0-counted": "9"})

    answer = desk.post(page_of(sku.product), sent)

    assert (answer.status_code, left(sku)) == (200, 2)


def test_count_when_the_product_is_new_then_its_first_pieces_come_in(desk):
    shelf = SkuFactory().product
    sent = product_form(shelf, **{"name_zh_hans": "新商品", "skus-INITIAL_FORMS": 0})
    sent |= {"skus-0-id": "", "skus-0-product": "", "skus-0-counted": "20", "code": "N-1"}
    page = desk.get(reverse("admin:catalog_product_add")).content.decode()
    sent["skus-0-stock_read"] = re.search(r'name="skus-0-stock_read" value="([^"]+)"', page)[1]

    answer = desk.post(reverse("admin:catalog_product_add"), sent)

    made = Product.objects.get(code="N-1")
    assert (answer.status_code, left(made.skus.get())) == (302, 20)


def test_count_when_somebody_may_not_change_stock_then_it_is_not_theirs(client, operator):
    sku = SkuFactory(stock=3)
    operator.groups.clear()
    rights = ["view_product", "change_product", "view_sku", "change_sku"]
    operator.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(operator)
    sent = product_form(sku.product, **{"skus-0-counted": "9", "name_zh_hans": "新名字"})

    page = client.get(page_of(sku.product)).content.decode()
    answer = client.post(page_of(sku.product), {**sent, "skus-0-stock_read": "3:0:" + "0" * 32})

    sku.product.refresh_from_db()
    assert "skus-0-counted" not in page
    assert (answer.status_code, left(sku), sku.product.name_zh_hans) == (302, 3, "新名字")


def test_receive_all_when_some_are_short_or_keys_then_nothing_moves():
    one, two, keys = SkuFactory(stock=3), SkuFactory(), key_sku(keys=1, points=50)

    stock.receive_all({one.pk: -3, two.pk: 5}, actor="t", note="n", reference="r:1")
    stock.receive_all({one.pk: -3, two.pk: 5}, actor="t", note="n", reference="r:1")
    with pytest.raises(stock.StockBelowZero):
        stock.receive_all({one.pk: 4, two.pk: -6}, actor="t", note="n", reference="r:2")
    with pytest.raises(stock.CountedByKeys):
        stock.receive_all({keys.pk: 1}, actor="t", note="n", reference="r:3")

    assert [left(sku) for sku in (one, two, keys)] == [0, 5, 1]
