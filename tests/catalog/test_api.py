import pytest

from tests.catalog.test_views import BAD
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db


def ids(answer):
    return [product["id"] for product in answer.json()["results"]]


def test_categories_when_asked_then_the_tree_comes_flat(api):
    outer = CategoryFactory(slug="digital", name_zh_hans="数码", name_en="Digital")
    CategoryFactory(slug="audio", parent=outer, name_en="Audio", icon="headphones")

    answer = api.get("/api/v1/categories", headers={"Accept-Language": "en"})

    assert answer.status_code == 200
    assert answer.json()["count"] == 2
    assert answer.json()["results"][1] == {
        "id": outer.children.get().pk, "slug": "audio", "name": "Audio", "icon": "headphones",
        "parent": outer.pk, "depth": 1
    }  # fmt: skip


def test_products_when_asked_then_points_are_numbers_and_yuan_strings(api, shelve):
    product = shelve(
        points=120,
        cash=12.5,
        pay_mode="points_cash",
        name_en="Mug",
        summary_en="Warm",
        illustration="pictures/mug.webp",
        market_price="59.00",
        sold=10,
        tier_to_redeem=2,
    )

    answer = api.get("/api/v1/products", headers={"Accept-Language": "en"})

    assert answer.json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": product.pk,
                "name": "Mug",
                "summary": "Warm",
                "category": {
                    "id": product.category.pk,
                    "slug": product.category.slug,
                    "name": product.category.name_en,
                },
                "kind": "physical",
                "pay_mode": "points_cash",
                "points_price": 120,
                "cash_price": "12.50",
                "has_choices": False,
                "price_varies": False,
                "market_price": "59.00",
                "sold": 10,
                "image": "http://testserver/static/pictures/mug.webp",
                "in_stock": True,
                "affordable": False,
                "locked_until": 2,
                "payable": True,
            }
        ],
    }


def test_products_when_there_are_25_then_pages_link_to_each_other(api, shelve):
    shelf = CategoryFactory()
    for _ in range(25):
        shelve(category=shelf, stock=0)

    first = api.get("/api/v1/products?ordering=newest").json()
    second = api.get(first["next"]).json()

    assert (len(first["results"]), first["previous"], first["count"]) == (24, None, 25)
    assert (len(second["results"]), second["next"]) == (1, None)
    assert api.get("/api/v1/products?page=3").status_code == 404


def test_products_when_filtered_then_only_those(api, shelve):
    outer = CategoryFactory(slug="digital")
    near, far = (
        shelve(points=100, category=CategoryFactory(parent=outer)),
        shelve(points=300, name_en="Mug"),
    )

    assert ids(api.get("/api/v1/products?category=digital")) == [near.pk]
    assert ids(api.get(f"/api/v1/products?category={outer.pk}")) == [near.pk]
    assert ids(api.get("/api/v1/products?search=mug")) == [far.pk]
    assert ids(api.get("/api/v1/products?min_points=101")) == [far.pk]
    assert ids(api.get("/api/v1/products?max_points=300&ordering=points_price")) == [
        near.pk,
        far.pk,
    ]
    assert ids(api.get("/api/v1/products?min_points=&category=")) == [far.pk, near.pk]


def test_products_when_a_member_asks_what_they_can_afford_then_their_points_decide(
    bearer, shelve, purse_of
):
    near, _far = shelve(points=100), shelve(points=101)
    caller = bearer(purse_of(90))  # and 10 for signing in today

    answer = caller.get("/api/v1/products?affordable=true")

    assert ids(answer) == [near.pk]
    assert answer.json()["results"][0]["affordable"] is True


def test_products_when_a_visitor_asks_what_they_can_afford_then_400(api):
    answer = api.get("/api/v1/products?affordable=true")

    assert answer.status_code == 400
    assert [(error["code"], error["attr"]) for error in answer.json()["errors"]] == [
        ("not_authenticated", "affordable")
    ]


@pytest.mark.parametrize("asked", [*BAD, {"affordable": "maybe"}, {"unknown": "x"}], ids=str)
def test_products_when_a_filter_makes_no_sense_then_400_names_it(api, shelve, asked):
    answer = api.get("/api/v1/products", asked)

    assert answer.status_code == 400
    assert {error["attr"] for error in answer.json()["errors"]} == {list(asked)[-1]}


@pytest.mark.parametrize("items", [1, 3, 24])
def test_products_when_there_are_more_then_the_queries_are_not(
    api, shelve, items, django_assert_num_queries
):
    shelf = CategoryFactory()
    for _ in range(items):
        shelve(category=shelf)

    with django_assert_num_queries(5):  # count, next sale boundary, categories, page, stock
        assert len(ids(api.get("/api/v1/products"))) == items
    with django_assert_num_queries(0):
        api.get("/api/v1/products")


def test_product_when_asked_then_its_choices_have_live_stock(api):
    product = ProductFactory(
        limit_per_order=2,
        description_zh_hans="<p>好</p><script>alert(1)</script>",
        attributes_zh_hans="材质：陶瓷\n容量: 350 毫升",
        illustration="pictures/mug.webp",
        market_price="0.00",
        sold=9,
    )
    product.images.create(illustration="pictures/mug.webp", alt_zh_hans="杯底", position=1)
    SkuFactory(product=product, name_zh_hans="红", points_price=100, stock=5)
    blue = SkuFactory(product=product, name_zh_hans="蓝", points_price=200)

    detail = api.get(
        f"/api/v1/products/{product.pk}", headers={"Accept-Language": "zh-hans"}
    ).json()

    assert detail["skus"][1] == {
        "id": blue.pk,
        "name": "蓝",
        "points_price": 200,
        "cash_price": "0.00",
        "stock": 0,
        "missing": 0,
        "usual_points_price": None,
        "usual_cash_price": None,
        "price_until": None,
    }
    assert detail["attributes"] == [
        {"name": "材质", "value": "陶瓷"},
        {"name": "容量", "value": "350 毫升"},
    ]
    picture = "http://testserver/static/pictures/mug.webp"
    assert detail["pictures"] == [
        {"url": picture, "alt": product.name},
        {"url": picture, "alt": "杯底"},
    ]
    assert (detail["price_varies"], detail["market_price"], detail["sold"]) == (True, None, None)
    assert [sku["stock"] for sku in detail["skus"]] == [5, 0]
    assert (
        detail["description"],
        detail["limit_per_order"],
        detail["in_stock"],
        detail["points_price"],
    ) == ("<p>好</p>", 2, True, 100)


@pytest.mark.parametrize("number", [0, 999_999, 10**30, "abc", "-1"])
def test_product_when_there_is_none_then_404(api, number):
    assert api.get(f"/api/v1/products/{number}").status_code == 404


@pytest.mark.parametrize("status", ["draft", "off"])
def test_product_when_not_on_sale_then_404(api, shelve, status):
    assert api.get(f"/api/v1/products/{shelve(status=status).pk}").status_code == 404


@pytest.mark.parametrize("address", ["/api/v1/products", "/api/v1/categories"])
def test_products_when_written_to_then_refused(api, address):
    assert api.post(address, {"name": "x"}, format="json").status_code in (401, 403, 405)
