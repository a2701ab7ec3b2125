import pytest
from django.urls import reverse

from catalog.models import Product
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory

pytestmark = pytest.mark.django_db


def shown(response):
    return [fact["id"] for fact in response.context["shelf"]]


def text(response):
    return response.content.decode()


# --- the list --------------------------------------------------------------------------
def test_list_when_a_visitor_comes_then_the_goods_are_there(client, shelve):
    product = shelve(name_zh_hans="陶瓷马克杯")

    response = client.get("/products/")

    assert response.status_code == 200
    assert shown(response) == [product.pk]
    assert "陶瓷马克杯" in text(response)
    assert text(response).count("<h1") == 1


def test_list_when_empty_then_it_says_what_to_do_next(client):
    assert reverse("marketing:home") in text(client.get("/products/"))


def test_list_when_nothing_matches_then_everything_is_one_tap_away(client, shelve):
    shelve()

    response = client.get("/products/", {"search": "nothing like it"})

    assert shown(response) == []
    assert 'class="btn btn-primary" href="/products/"' in text(response)


def test_list_when_htmx_asks_then_only_the_shelf_comes_with_a_clean_address(client, shelve):
    shelve(name_en="Mug")

    response = client.get(
        "/products/",
        {"search": "mug", "pay_mode": "", "min_points": ""},
        headers={"HX-Request": "true"},
    )

    assert "<html" not in text(response)
    assert 'id="shelf"' in text(response)
    assert response["HX-Push-Url"] == "/products/?search=mug"
    assert "HX-Request" in response["Vary"]


def test_list_when_htmx_restores_history_then_the_whole_page_comes(client):
    response = client.get(
        "/products/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )

    assert "<html" in text(response)


def test_list_when_a_category_is_chosen_then_its_chip_is_current_and_filters_are_kept(
    client, shelve
):
    outer = CategoryFactory(slug="digital", name_zh_hans="数码")
    inner = CategoryFactory(slug="audio", parent=outer)
    product = shelve(category=inner)

    response = client.get("/products/", {"category": "digital", "ordering": "points_price"})

    assert shown(response) == [product.pk]
    assert [(chip["slug"], chip["is_here"]) for chip in response.context["chips"]] == [
        ("digital", True),
        ("audio", False),
    ]
    assert "?category=audio&amp;ordering=points_price" in text(response)


def test_list_when_a_member_can_afford_some_then_the_filter_shows_those(client, shelve, purse_of):
    near, far = shelve(points=100), shelve(points=101)
    client.force_login(purse_of(100))

    assert shown(client.get("/products/")) == [far.pk, near.pk]
    assert shown(client.get("/products/", {"affordable": "on"})) == [near.pk]


def test_list_when_a_visitor_asks_what_they_can_afford_then_they_are_invited_to_sign_in(
    client, shelve
):
    product = shelve()

    response = client.get("/products/", {"affordable": "on"})

    assert shown(response) == [product.pk]
    assert f"{reverse('account_login')}?next=/products/%3Faffordable%3Don" in text(response)


BAD = [
    {"min_points": "-1"},
    {"min_points": "1.5"},
    {"min_points": "abc"},
    {"min_points": "NaN"},
    {"max_points": "1" + "0" * 30},
    {"min_points": "9", "max_points": "3"},
    {"category": "nowhere"},
    {"pay_mode": "shells"},
    {"ordering": "price; DROP TABLE"},
    {"page": "0"},
    {"page": "-3"},
    {"page": "x"},
    {"page": "1" + "0" * 30},
    {"search": "x" * 61},
    {"search": "\x00"},
]


@pytest.mark.parametrize("asked", BAD, ids=str)
def test_list_when_a_filter_makes_no_sense_then_the_page_says_so_and_leaves_it_out(
    client, shelve, asked
):
    product = shelve()

    response = client.get("/products/", asked)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert shown(response) == [product.pk] or asked == {"min_points": "9", "max_points": "3"}


@pytest.mark.parametrize("asked", [{"min_points": ""}, {"unknown": "x"}, {"page": "99"}], ids=str)
def test_list_when_a_filter_is_empty_or_unknown_then_it_does_not_matter(client, shelve, asked):
    product = shelve()

    assert shown(client.get("/products/", asked)) == [product.pk]


@pytest.mark.parametrize("items", [1, 3, 24])
def test_list_when_it_grows_then_the_queries_of_the_page_do_not(
    client, shelve, items, django_assert_num_queries
):
    shelf = CategoryFactory()
    for _ in range(items):
        shelve(category=shelf)

    # the shop's face (once in a process until it is edited), next sale boundary, count, page,
    # stock, tree
    with django_assert_num_queries(6):
        assert len(shown(client.get("/products/"))) == items
    with django_assert_num_queries(1):  # stock
        client.get("/products/")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_list_when_written_to_then_refused(client, method):
    assert getattr(client, method)("/products/").status_code == 405


# --- one product ------------------------------------------------------------------------
def test_detail_when_on_sale_then_price_choices_and_the_way_to_redeem_are_there(client):
    product = ProductFactory(name_zh_hans="陶瓷马克杯", limit_per_order=3, limit_per_person=5)
    red, blue = (
        SkuFactory(product=product, name_zh_hans="红", stock=9),
        SkuFactory(product=product, name_zh_hans="蓝", stock=2),
    )
    gone = SkuFactory(product=product, name_zh_hans="绿")

    response = client.get(f"/products/{product.pk}/")

    page = text(response)
    assert page.count("<h1") == 1
    assert f'action="{reverse("orders:new")}"' in page
    assert (
        f'value="{red.pk}" checked' in page
        and f'value="{blue.pk}" required' in page
        and f'value="{gone.pk}" disabled' in page
    )
    assert response.context["quantity_max"] == 3
    assert response.context["can_redeem"]


@pytest.mark.parametrize("status", ["draft", "off"])
def test_detail_when_not_on_sale_then_404(client, shelve, status):
    assert client.get(f"/products/{shelve(status=status).pk}/").status_code == 404


@pytest.mark.parametrize("number", [0, 999_999, 10**30])
def test_detail_when_there_is_no_such_product_then_404(client, number):
    assert client.get(f"/products/{number}/").status_code == 404


def test_detail_when_points_are_missing_then_it_says_how_many_check_ins(client, shelve, purse_of):
    product = shelve(points=220, stock=3)
    client.force_login(purse_of(100))

    response = client.get(f"/products/{product.pk}/")

    facts = {
        name: response.context[name]
        for name in ("can_redeem", "is_sold_out", "missing", "checkins")
    }
    assert facts == {"can_redeem": False, "is_sold_out": False, "missing": 120, "checkins": 5}
    assert reverse("marketing:checkin") in text(response)
    assert (
        'type="submit">' not in text(response).split('class="sticky-action"')[1].split("</div>")[0]
    )


def test_detail_when_points_are_enough_then_it_can_be_redeemed(client, shelve, purse_of):
    product = shelve(points=220, stock=3)
    client.force_login(purse_of(220))

    response = client.get(f"/products/{product.pk}/")

    assert (
        response.context["can_redeem"],
        response.context["missing"],
        response.context["checkins"],
    ) == (True, 0, None)


def test_detail_when_sold_out_then_it_points_to_other_goods(client, shelve):
    response = client.get(f"/products/{shelve(stock=0).pk}/")

    assert (response.context["can_redeem"], response.context["is_sold_out"]) == (False, True)


def test_detail_when_the_description_was_poisoned_behind_our_back_then_inert(client, shelve):
    product = shelve(
        name_zh_hans="<script>alert(1)</script>", summary_zh_hans='"><img src=x onerror=alert(1)>'
    )
    poison = "<p>fine</p><script>alert(2)</script><img src=x onerror=alert(3)>"
    Product.objects.filter(pk=product.pk).update(description_zh_hans=poison)

    for address in (f"/products/{product.pk}/", "/products/"):
        page = text(client.get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "<p>fine</p>" in text(client.get(f"/products/{product.pk}/"))
