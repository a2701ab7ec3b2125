from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import translation

from catalog import stock, storefront
from catalog.models import Product
from catalog.storefront import Filters
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def found(*, available=None, **asked):
    return [fact["id"] for fact in storefront.listing(Filters(**asked), available=available)]


# --- what is shown -------------------------------------------------------------------
def test_listing_when_a_product_is_on_sale_then_its_facts_are_whole(shelve):
    product = shelve(
        points=120,
        stock=3,
        name_en="Mug",
        summary_en="Warm hands",
        illustration="pictures/mug.webp",
    )

    with translation.override("en"):
        shelf = storefront.listing(Filters(), available=120)

    assert shelf.object_list == [
        {
            "id": product.pk,
            "url": f"/products/{product.pk}/",
            "name": "Mug",
            "summary": "Warm hands",
            "kind": "physical",
            "pay_mode": "points",
            "category": {
                "id": product.category.pk,
                "slug": product.category.slug,
                "name": product.category.name_en,
            },
            "image_url": "/static/pictures/mug.webp",
            "points_price": 120,
            "cash_price": Decimal("0.00"),
            "has_choices": False,
            "price_varies": False,
            "market_price": None,
            "sold": None,
            "tier_to_see": 0,
            "tier_to_redeem": 0,
            "is_limited": False,
            "in_stock": True,
            "affordable": True,
            "locked_until": 0,
        }
    ]


def test_listing_when_languages_differ_then_each_reader_gets_their_own(shelve):
    shelve(name_zh_hans="马克杯", name_en="Mug")

    names = []
    for language in ("zh-hans", "en", "zh-hans"):
        with translation.override(language):
            names += [fact["name"] for fact in storefront.listing(Filters())]

    assert names == ["马克杯", "Mug", "马克杯"]


def test_listing_when_a_product_has_choices_then_the_cheapest_offered_one_gives_the_price():
    product = ProductFactory()
    SkuFactory(product=product, points_price=50, is_active=False)
    SkuFactory(product=product, points_price=300)
    SkuFactory(product=product, points_price=200, stock=1)

    (fact,) = storefront.listing(Filters())

    assert (fact["points_price"], fact["has_choices"], fact["in_stock"]) == (200, True, True)


@pytest.mark.parametrize("status", ["draft", "off"])
def test_listing_when_not_on_sale_then_not_shown(shelve, status):
    product = shelve(status=status)

    assert found() == []
    assert storefront.detail(product.pk) is None


def test_listing_when_no_sku_is_offered_then_not_shown():
    product = ProductFactory()
    SkuFactory(product=product, is_active=False, stock=1)

    assert found() == []
    assert storefront.picks(1000, 5) == []
    assert storefront.detail(product.pk) is None


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOON - SECOND, False),
        (NOON, True),
        (NOON + timedelta(hours=1) - SECOND, True),
        (NOON + timedelta(hours=1), False),
    ],
)
def test_listing_when_the_sale_has_a_window_then_shown_from_its_first_to_before_its_last_instant(
    shelve, moment, shown
):
    product = shelve(sale_starts_at=NOON, sale_ends_at=NOON + timedelta(hours=1))

    with time_machine.travel(moment, tick=False):
        assert (found() == [product.pk]) is shown
        assert bool(storefront.picks(1000, 5)) is shown
        assert product.is_for_sale() is shown
        if shown:
            assert storefront.detail(product.pk)["id"] == product.pk
        else:
            assert storefront.detail(product.pk) is None


def test_listing_when_a_kept_page_outlives_a_sale_then_the_boundary_is_still_exact(shelve):
    product = shelve(sale_starts_at=NOON, sale_ends_at=NOON + 20 * SECOND)

    shown = []
    with time_machine.travel(NOON - 10 * SECOND, tick=False) as traveller:
        for seconds in (-10, -1, 0, 19, 20):
            traveller.move_to(NOON + seconds * SECOND, tick=False)
            shown.append(found() == [product.pk])

    assert shown == [False, False, True, True, False]


# --- kept facts, live stock ----------------------------------------------------------
def test_listing_when_the_last_piece_goes_then_sold_out_at_once(shelve):
    product = shelve(stock=1)
    assert [fact["in_stock"] for fact in storefront.listing(Filters())] == [True]

    stock.take([(product.skus.get().pk, 1)], reference="order:A")

    assert [fact["in_stock"] for fact in storefront.listing(Filters())] == [False]
    assert storefront.detail(product.pk)["skus"][0]["stock"] == 0


def test_forget_when_an_edit_commits_then_the_next_reader_sees_it(
    shelve, django_capture_on_commit_callbacks
):
    product = shelve(name_zh_hans="旧名")
    found(), storefront.detail(product.pk), storefront.tree()
    Product.objects.filter(pk=product.pk).update(name_zh_hans="新名")
    assert [fact["name"] for fact in storefront.listing(Filters())] == ["旧名"]

    with django_capture_on_commit_callbacks(execute=True):
        storefront.forget()

    assert [fact["name"] for fact in storefront.listing(Filters())] == ["新名"]
    assert storefront.detail(product.pk)["name"] == "新名"


def test_listing_when_nothing_was_forgotten_then_kept_facts_end_after_a_minute(shelve):
    with time_machine.travel(NOON, tick=False) as traveller:
        product = shelve(name_zh_hans="旧名")
        found()
        Product.objects.filter(pk=product.pk).update(name_zh_hans="新名")
        traveller.shift(storefront.KEPT_SECONDS * SECOND)

        assert [fact["name"] for fact in storefront.listing(Filters())] == ["新名"]


@pytest.mark.parametrize("items", [1, 3, 24])
def test_listing_when_it_grows_then_the_queries_do_not(shelve, items, django_assert_num_queries):
    shelf = CategoryFactory()
    for _ in range(items):
        shelve(category=shelf)

    with django_assert_num_queries(5):  # next sale boundary, count, page, categories, stock
        assert len(found()) == items
    with django_assert_num_queries(1):  # stock
        assert len(found()) == items
    with django_assert_num_queries(2):  # another order of the same goods: page, stock
        assert len(found(ordering="popular")) == items
    with django_assert_num_queries(4):  # what few ask is not kept: which, their words, page, stock
        assert len(found(search="商品")) == items


@pytest.mark.parametrize("items", [1, 3])
def test_detail_when_it_has_more_choices_then_the_queries_do_not_grow(
    items, django_assert_num_queries
):
    product = ProductFactory()
    for _ in range(items):
        SkuFactory(product=product, stock=2)
        product.images.create(illustration="pictures/mug.webp")

    with django_assert_num_queries(5):  # next sale boundary, product, pictures, SKUs, stock
        assert len(storefront.detail(product.pk)["skus"]) == items
    with django_assert_num_queries(1):  # stock
        assert [sku["stock"] for sku in storefront.detail(product.pk)["skus"]] == [2] * items


@pytest.mark.parametrize("items", [1, 3])
def test_picks_when_there_are_more_then_one_query_still(shelve, items, django_assert_num_queries):
    for _ in range(items):
        shelve()
    storefront.picks(100, 8)

    with django_assert_num_queries(1):  # stock
        assert len(storefront.picks(100, 8)) == items


# --- filters -------------------------------------------------------------------------
def test_listing_when_a_category_is_chosen_then_its_inner_ones_count_too(shelve):
    outer = CategoryFactory(slug="digital")
    inner = CategoryFactory(slug="audio", parent=outer)
    innermost = CategoryFactory(slug="headphones", parent=inner)
    near, deep = shelve(category=outer), shelve(category=innermost)
    shelve(category=CategoryFactory(slug="home"))

    assert found(category="digital") == [deep.pk, near.pk]
    assert found(category="audio") == [deep.pk]
    assert found(category="nowhere") == []


def test_tree_when_categories_stand_inside_each_other_then_parents_come_first():
    outer = CategoryFactory(slug="digital", position=2)
    inner = CategoryFactory(slug="audio", parent=outer)
    CategoryFactory(slug="home", position=1)

    shelves = storefront.tree()

    assert [(shelf["slug"], shelf["depth"]) for shelf in shelves] == [
        ("home", 0),
        ("digital", 0),
        ("audio", 1),
    ]
    assert shelves[1]["beneath"] == [outer.pk, inner.pk]
    assert storefront.category(str(inner.pk))["slug"] == "audio"


@pytest.mark.parametrize("words", ["陶瓷", "CERAMIC", "ceramic mug", "杯 暖手", "gift"])
def test_listing_when_searched_in_either_language_then_found(shelve, words):
    mug = shelve(
        name_zh_hans="陶瓷马克杯",
        name_en="Ceramic mug",
        summary_zh_hans="暖手",
        summary_en="Warm hands",
        tags="gift, kitchen",
    )
    shelve(name_zh_hans="雨伞", name_en="Umbrella")

    assert found(search=words) == [mug.pk]


@pytest.mark.parametrize("words", ["%", "_", "' OR 1=1 --", "\\", "mug umbrella"])
def test_listing_when_searched_for_odd_words_then_nothing(shelve, words):
    shelve(name_zh_hans="陶瓷马克杯", name_en="Ceramic mug")
    shelve(name_zh_hans="雨伞", name_en="Umbrella")

    assert found(search=words) == []


def test_listing_when_bounded_then_both_bounds_are_inclusive_and_yuan_prices_stay_out(shelve):
    cheap, middle, dear = shelve(points=100), shelve(points=200), shelve(points=300)
    mixed = shelve(points=200, cash=5, pay_mode="points_cash")
    shelve(points=0, cash=20, pay_mode="cash")

    assert found(min_points=200) == [mixed.pk, dear.pk, middle.pk]
    assert found(max_points=200) == [mixed.pk, middle.pk, cheap.pk]
    assert found(min_points=200, max_points=200) == [mixed.pk, middle.pk]
    assert found(min_points=0) == [mixed.pk, dear.pk, middle.pk, cheap.pk]
    assert found(affordable_with=199) == [cheap.pk]
    assert found(affordable_with=200, max_points=199) == [cheap.pk]
    assert found(affordable_with=0) == []


def test_listing_when_a_pay_mode_is_chosen_then_only_that(shelve):
    shelve()
    yuan = shelve(points=0, cash=20, pay_mode="cash_points")

    assert found(pay_mode="cash_points") == [yuan.pk]


def test_listing_when_sorted_then_in_that_order_and_yuan_only_last(shelve):
    a, b, c = (
        shelve(points=300, popularity=1),
        shelve(points=100, popularity=9),
        shelve(points=200, popularity=5),
    )
    yuan = shelve(points=0, cash=20, pay_mode="cash")

    assert found() == [yuan.pk, c.pk, b.pk, a.pk]
    assert found(ordering="popular") == [b.pk, c.pk, a.pk, yuan.pk]
    assert found(ordering="points_price") == [b.pk, c.pk, a.pk, yuan.pk]
    assert found(ordering="-points_price") == [a.pk, c.pk, b.pk, yuan.pk]


def test_listing_when_there_are_25_then_two_pages_and_the_last_again_beyond(shelve):
    shelf = CategoryFactory()
    products = [shelve(category=shelf, stock=0).pk for _ in range(25)]

    first = storefront.listing(Filters())
    assert [fact["id"] for fact in first] == products[:0:-1]
    assert (first.has_next(), first.paginator.count, first.paginator.num_pages) == (True, 25, 2)
    assert found(page=2) == found(page=99) == [products[0]]


def test_listing_when_points_differ_then_affordable_says_so(shelve):
    shelve(points=100), shelve(points=0, cash=20, pay_mode="cash")

    seen = {
        available: [
            fact["affordable"] for fact in storefront.listing(Filters(), available=available)
        ]
        for available in (None, 99, 100)
    }

    assert seen == {None: [False, False], 99: [False, False], 100: [False, True]}


def test_picks_when_points_are_few_then_what_they_buy_comes_first_and_then_the_nearest(shelve):
    far, near, own, favourite = (
        shelve(points=900),
        shelve(points=150),
        shelve(points=80),
        shelve(points=90, popularity=4),
    )
    yuan = shelve(points=0, cash=20, pay_mode="cash")
    shelve(points=10, stock=0)

    chosen = storefront.picks(100, 5)

    assert [(fact["id"], fact["affordable"]) for fact in chosen] == [
        (favourite.pk, True), (own.pk, True), (near.pk, False), (far.pk, False), (yuan.pk, False)
    ]  # fmt: skip
    assert [fact["id"] for fact in storefront.picks(None, 2)] == [own.pk, favourite.pk]


def test_detail_when_points_are_few_then_each_choice_says_how_many_are_missing():
    product = ProductFactory()
    SkuFactory(product=product, points_price=100, stock=1)
    SkuFactory(product=product, points_price=220, stock=1)

    assert [sku["missing"] for sku in storefront.detail(product.pk, available=100)["skus"]] == [
        0,
        120,
    ]
    assert [sku["missing"] for sku in storefront.detail(product.pk)["skus"]] == [0, 0]
