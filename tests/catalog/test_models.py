from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from catalog.models import Category, Product, Sku
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pay_mode", "points", "cash", "wrong"),
    [
        ("points", 100, 0, set()),
        ("points", 100, 1, {"cash_price"}),
        ("points", 0, 0, {"points_price"}),
        ("points_cash", 100, 1, set()),
        ("points_cash", 100, 0, {"cash_price"}),
        ("points_cash", 0, 1, {"points_price"}),
        ("cash_points", 0, 1, set()),
        ("cash_points", 100, 1, {"points_price"}),
        ("cash", 0, 1, set()),
        ("cash", 100, 0, {"points_price", "cash_price"}),
    ],
)
def test_clean_when_prices_and_pay_mode_meet_then_only_fitting_ones_pass(
    pay_mode, points, cash, wrong
):
    sku = Sku(
        product=ProductFactory(pay_mode=pay_mode), points_price=points, cash_price=Decimal(cash)
    )

    try:
        sku.full_clean()
        refused = set()
    except ValidationError as error:
        refused = set(error.message_dict)

    assert refused == wrong


@pytest.mark.parametrize(
    "prices",
    [{"points_price": 0, "cash_price": 0}, {"cash_price": -1}, {"points_price": 100_000_001}],
)
def test_sku_when_written_with_senseless_prices_then_the_database_refuses(prices):
    with pytest.raises(IntegrityError), transaction.atomic():
        SkuFactory(**prices)


@pytest.mark.parametrize("fields", [{"status": "sold"}, {"pay_mode": "shells"}, {"kind": "gas"}])
def test_product_when_written_with_an_unknown_state_then_the_database_refuses(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductFactory(**fields)


def test_product_when_its_sale_ends_before_it_starts_then_form_and_database_refuse():
    noon = datetime(2026, 11, 20, 4, tzinfo=UTC)
    window = {"sale_starts_at": noon, "sale_ends_at": noon - timedelta(seconds=1)}

    with pytest.raises(ValidationError):
        Product(category=CategoryFactory(), name_zh_hans="杯", **window).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductFactory(**window)


def test_category_when_it_would_stand_inside_itself_then_refused():
    outer = CategoryFactory()
    inner = CategoryFactory(parent=outer)
    outer.parent = inner

    with pytest.raises(ValidationError) as error:
        outer.full_clean()

    assert set(error.value.message_dict) == {"parent"}
    assert Category.objects.get(pk=outer.pk).parent is None


def test_history_when_a_product_and_a_price_change_then_both_languages_and_prices_are_kept():
    product = ProductFactory(name_zh_hans="杯", name_en="Mug")
    sku = SkuFactory(product=product)
    product.name_en = "Cup"
    product.save()
    sku.points_price = 150
    sku.save()

    assert list(product.history.order_by("history_id").values_list("name_zh_hans", "name_en")) == [
        ("杯", "Mug"),
        ("杯", "Cup"),
    ]
    assert list(sku.history.order_by("history_id").values_list("points_price", flat=True)) == [
        100,
        150,
    ]
