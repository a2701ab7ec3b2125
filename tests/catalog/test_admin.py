import re
from io import BytesIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from catalog import codes, stock, stock_buckets, storefront
from catalog.models import CardKey, Product, StockMovement
from catalog.storefront import Filters
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory
from tests.factories.orders import address_of, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


def product_form(product, **changes):
    """What the browser sends when the product's form is saved."""
    sku = product.skus.get()
    return {
        "status": product.status, "category": product.category_id, "pay_mode": product.pay_mode,
        "kind": product.kind,
        "name_zh_hans": product.name_zh_hans, "name_en": product.name_en, "summary_zh_hans": "",
        "summary_en": "",
        "description_zh_hans": "", "description_en": "", "limit_per_order": 0,
        "limit_per_person": 0,
        "sale_starts_at_0": "", "sale_starts_at_1": "", "sale_ends_at_0": "", "sale_ends_at_1": "",
        "illustration": "", "tags": "",
        "skus-TOTAL_FORMS": 1, "skus-INITIAL_FORMS": 1, "skus-0-id": sku.pk,
        "skus-0-product": product.pk,
        "skus-0-name_zh_hans": "", "skus-0-name_en": "",
        "skus-0-points_price": sku.points_price, "skus-0-cash_price": sku.cash_price,
        "skus-0-position": 0, "skus-0-is_active": "on",
        "images-TOTAL_FORMS": 0, "images-INITIAL_FORMS": 0, **changes,
    }  # fmt: skip


def test_pages_when_opened_then_they_answer(back_room, shelve):
    product = shelve(illustration="pictures/mug.webp")
    sku = product.skus.get()
    pages = [
        reverse(f"admin:catalog_{model}_changelist")
        for model in ("category", "product", "sku", "stockmovement")
    ]
    pages += [
        reverse("admin:catalog_product_add"),
        reverse("admin:catalog_product_change", args=[product.pk]),
    ]
    pages += [
        reverse("admin:catalog_sku_change", args=[sku.pk]),
        reverse("admin:catalog_sku_receive_stock", args=[sku.pk]),
    ]
    pages += [
        reverse("admin:catalog_category_change", args=[product.category_id]),
        reverse("admin:catalog_product_history", args=[product.pk]),
    ]
    pages += [
        f"{reverse('admin:catalog_product_changelist')}?status__exact=on&q=mug",
        f"{reverse('admin:catalog_sku_changelist')}?left=none",
    ]

    assert {page: back_room.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize(
    "typed", [{"skus-TOTAL_FORMS": 0, "skus-INITIAL_FORMS": 0}, {"skus-0-is_active": ""}]
)
def test_form_when_what_is_on_sale_would_offer_nothing_then_told_above_its_skus(
    back_room, shelve, typed
):
    product = shelve()
    new = "skus-TOTAL_FORMS" in typed
    names = {"name_zh_hans": "空货架", "code": "EMPTY"}
    sent = product_form(product, status="on", **names, **typed)
    here = reverse("admin:catalog_product_change", args=[product.pk])

    page = back_room.post(reverse("admin:catalog_product_add") if new else here, sent)
    draft = back_room.post(reverse("admin:catalog_product_add"), {**sent, "status": "draft"})

    assert page.status_code == 200 and "“空货架”" in page.content.decode()
    skus = page.context["inline_admin_formsets"][0].formset
    assert [error.code for error in skus.non_form_errors().as_data()] == ["not_ready_for_sale"]
    assert product.skus.get().is_active
    if new:  # nothing to sell yet is a draft, and its page has a row ready for the first price
        assert draft.status_code == 302
        made = Product.objects.get(code="EMPTY")
        opened = back_room.get(reverse("admin:catalog_product_change", args=[made.pk]))
        assert 'name="skus-0-points_price"' in opened.content.decode()


@pytest.mark.parametrize("items", [1, 3])
def test_product_list_when_it_grows_then_the_queries_do_not(
    back_room, shelve, items, django_assert_max_num_queries
):
    for _ in range(items):
        shelve()
    address = reverse("admin:catalog_product_changelist")
    back_room.get(address)

    with django_assert_max_num_queries(14):
        back_room.get(address)


def test_product_when_read_aloud_then_each_field_of_its_tables_says_its_column(back_room, shelve):
    product = shelve()

    page = back_room.get(reverse("admin:catalog_product_change", args=[product.pk]))

    own = r'<input type="(?!hidden)[^>]* name="(?:skus|images)-0-[a-z][^>]*>'
    fields = re.findall(own, page.text)
    assert len(fields) == 10
    assert [one for one in fields if "aria-label=" not in one] == []


def test_product_when_saved_then_the_shop_shows_it_and_the_history_names_the_editor(
    back_room, admin_user, shelve, django_capture_on_commit_callbacks
):
    product = shelve(name_zh_hans="旧名")
    storefront.listing(Filters())

    with django_capture_on_commit_callbacks(execute=True):
        answer = back_room.post(
            reverse("admin:catalog_product_change", args=[product.pk]),
            product_form(product, name_zh_hans="新名", **{"skus-0-points_price": 150}),
        )

    assert answer.status_code == 302, answer.context["errors"]
    assert [(fact["name"], fact["points_price"]) for fact in storefront.listing(Filters())] == [
        ("新名", 150)
    ]
    assert product.history.first().history_user == admin_user
    assert product.skus.get().history.first().history_user == admin_user


def test_product_when_saved_with_scripts_then_they_are_gone(back_room, shelve):
    product = shelve()

    back_room.post(
        reverse("admin:catalog_product_change", args=[product.pk]),
        product_form(
            product,
            description_zh_hans="<div>好<script>alert(1)</script></div>",
            description_en='<a href="javascript:alert(1)">x</a>',
        ),
    )

    product.refresh_from_db()
    assert product.description_zh_hans == "<div>好</div>"
    assert "javascript" not in product.description_en


@pytest.mark.parametrize(
    "changes",
    [
        {"pay_mode": "cash"},
        {"skus-0-points_price": 0},
        {"skus-0-cash_price": 5},
        {"skus-0-points_price": -1},
        {"skus-0-points_price": "1.5"},
    ],
)
def test_product_when_prices_do_not_fit_then_nothing_is_saved(back_room, shelve, changes):
    product = shelve(points=100)

    answer = back_room.post(
        reverse("admin:catalog_product_change", args=[product.pk]), product_form(product, **changes)
    )

    assert answer.status_code == 200
    product.refresh_from_db()
    assert (product.pay_mode, product.skus.get().points_price) == ("points", 100)


def change_kind(back_room, product, kind):
    """Save the form with another kind; returns what it says at that field ("": saved)."""
    back_room.cookies["mall_language"] = "en"
    answer = back_room.post(
        reverse("admin:catalog_product_change", args=[product.pk]), product_form(product, kind=kind)
    )
    return "" if answer.status_code == 302 else "".join(answer.context["adminform"].errors["kind"])


STAYS = (
    "The kind stays as it is once pieces were ordered, set aside or imported: make a new "
    "product instead."
)


class TestKind:
    def test_product_when_nothing_lies_in_an_order_then_its_kind_may_change(
        self, back_room, shelve
    ):
        product = shelve(kind="physical", stock=5)

        assert change_kind(back_room, product, "virtual") == ""

        product.refresh_from_db()
        assert product.kind == "virtual"

    def test_product_when_delivered_then_it_becomes_no_card_key_until_the_shelf_is_empty(
        self, back_room, shelve
    ):
        product = shelve(kind="physical", stock=5)

        assert change_kind(back_room, product, "card_key") == STAYS
        stock.receive(product.skus.get().pk, quantity=-5, actor="staff:1", note="never arrived")
        assert change_kind(back_room, product, "card_key") == ""

    @pytest.mark.parametrize("kind", ["virtual", "card_key"])
    def test_product_when_ordered_then_its_kind_stays(self, back_room, shelve, member, kind):
        product = shelve(kind="physical", stock=1)
        address_of(member)
        place(member, product.skus.get())

        assert change_kind(back_room, product, kind) == STAYS
        assert change_kind(back_room, product, "physical") == ""

        product.refresh_from_db()
        assert product.kind == "physical"

    def test_product_when_pieces_are_set_aside_for_a_flash_sale_then_its_kind_stays(
        self, back_room, shelve
    ):
        product = shelve(kind="physical", stock=3)
        stock_buckets.set_aside(
            1, sku_id=product.skus.get().pk, quantity=3, buckets=2, reference="flash:1"
        )

        assert change_kind(back_room, product, "virtual") == STAYS

    def test_product_when_keys_were_imported_then_its_kind_stays_even_with_none_free(
        self, back_room, shelve
    ):
        product = shelve(kind="card_key", stock=0)
        codes.add(product.skus.get().pk, [(1, "AAAA-BBBB")], actor="staff:1", batch="first")
        codes.make_void(CardKey.objects.get(), actor="staff:1", reason="leaked")

        assert change_kind(back_room, product, "virtual") == STAYS


def run_action(client, name, *products):
    return client.post(
        reverse("admin:catalog_product_changelist"),
        {"action": name, "_selected_action": [product.pk for product in products]},
        follow=True,
    )


def test_put_on_sale_when_some_have_no_price_then_the_others_go_on_and_it_says_which(
    back_room, admin_user, shelve
):
    ready, bare = shelve(status="draft"), ProductFactory(status="draft", name_zh_hans="没有价格")

    page = run_action(back_room, "put_on_sale", ready, bare).content.decode()

    assert [Product.objects.get(pk=product.pk).status for product in (ready, bare)] == [
        "on",
        "draft",
    ]
    assert "没有价格" in page
    assert ready.history.first().history_user == admin_user


def test_take_off_sale_when_chosen_then_gone_from_the_shop(
    back_room, shelve, django_capture_on_commit_callbacks
):
    products = [shelve(), shelve()]
    storefront.listing(Filters())

    with django_capture_on_commit_callbacks(execute=True):
        run_action(back_room, "take_off_sale", *products)

    assert list(storefront.listing(Filters())) == []


# --- stock --------------------------------------------------------------------------------
def receive(client, sku, **sent):
    return client.post(
        reverse("admin:catalog_sku_receive_stock", args=[sku.pk]),
        {"key": uuid4(), "note": "delivery 17", **sent},
        follow=True,
    )


def test_receive_when_a_delivery_is_booked_then_stock_and_log_follow(back_room, admin_user):
    sku = SkuFactory(stock=5)

    receive(back_room, sku, quantity=7)

    assert stock.available([sku.pk]) == {sku.pk: 12}
    row = StockMovement.objects.get(note="delivery 17")
    assert (row.delta, row.actor) == (7, f"staff:{admin_user.pk}")


def test_receive_when_it_would_fall_below_zero_then_the_form_says_so(back_room):
    sku = SkuFactory(stock=5)

    answer = receive(back_room, sku, quantity=-6)

    assert set(answer.context["form"].errors) == {"quantity"}
    assert stock.available([sku.pk]) == {sku.pk: 5}
    assert not StockMovement.objects.filter(note="delivery 17").exists()


def test_receive_when_the_form_is_sent_twice_then_counted_once(back_room):
    sku = SkuFactory()
    page = back_room.get(reverse("admin:catalog_sku_receive_stock", args=[sku.pk])).content.decode()
    key = re.search(r'name="key" value="([0-9a-f-]+)"', page)[1]

    receive(back_room, sku, quantity=5, key=key)
    receive(back_room, sku, quantity=5, key=key)

    assert stock.available([sku.pk]) == {sku.pk: 5}


@pytest.mark.parametrize("quantity", ["0", "1.5", "abc", "", "1" + "0" * 30, "-" + "9" * 30])
def test_receive_when_the_quantity_is_odd_then_refused(back_room, quantity):
    sku = SkuFactory(stock=5)

    assert "quantity" in receive(back_room, sku, quantity=quantity).context["form"].errors
    assert stock.available([sku.pk]) == {sku.pk: 5}


def test_receive_when_the_sku_is_unknown_then_back_to_the_list(back_room):
    SkuFactory()

    assert (
        back_room.get(reverse("admin:catalog_sku_receive_stock", args=[999_999])).status_code == 302
    )


def test_receive_when_staff_lack_the_permission_then_403(client, django_user_model):
    clerk = django_user_model.objects.create_user("clerk", "clerk@example.com", "x", is_staff=True)
    client.force_login(clerk)
    sku = SkuFactory()

    assert receive(client, sku, quantity=5).status_code == 403
    assert stock.available([sku.pk]) == {sku.pk: 0}


def test_operator_when_in_their_group_then_goods_and_stock_are_theirs(client, operator):
    client.force_login(operator)
    sku = SkuFactory()

    receive(client, sku, quantity=5)

    assert stock.available([sku.pk]) == {sku.pk: 5}
    assert client.get(reverse("admin:catalog_product_changelist")).status_code == 200


def test_movements_when_opened_by_anybody_then_read_only(back_room):
    sku = SkuFactory(stock=5)
    row = StockMovement.objects.get(sku=sku)

    back_room.post(reverse("admin:catalog_stockmovement_change", args=[row.pk]), {"delta": 99})
    back_room.post(reverse("admin:catalog_stockmovement_delete", args=[row.pk]), {"post": "yes"})
    back_room.post(reverse("admin:catalog_sku_delete", args=[sku.pk]), {"post": "yes"})

    assert StockMovement.objects.get(pk=row.pk).delta == 5


def test_product_when_deleted_although_it_was_stocked_then_it_stays(back_room, shelve):
    product = shelve(stock=1)

    back_room.post(reverse("admin:catalog_product_delete", args=[product.pk]), {"post": "yes"})

    assert Product.objects.filter(pk=product.pk).exists()


def test_category_when_it_still_holds_products_then_it_stays(back_room, shelve):
    shelf = CategoryFactory()
    shelve(category=shelf)

    back_room.post(reverse("admin:catalog_category_delete", args=[shelf.pk]), {"post": "yes"})

    shelf.refresh_from_db()


@pytest.mark.parametrize(("role", "leads"), [("support", False), ("operator", True)])
def test_product_when_a_role_opens_it_then_receiving_stock_is_offered_to_who_may(
    client, member, shelve, role, leads
):
    sku = shelve().skus.get()
    member.is_staff = True
    member.save(update_fields=["is_staff"])
    member.groups.add(Group.objects.get(name=role))
    client.force_login(member)

    page = client.get(
        reverse("admin:catalog_product_change", args=[sku.product_id])
    ).content.decode()

    assert (reverse("admin:catalog_sku_receive_stock", args=[sku.pk]) in page) is leads


def test_product_when_a_phone_photo_and_a_day_as_written_are_sent_then_shrunk_and_read(
    back_room, shelve
):
    product = shelve()
    written = BytesIO()
    Image.effect_noise((1008, 756), 60).resize((4032, 3024)).save(written, "JPEG", quality=97)
    assert written.tell() > 1024 * 1024
    photo = SimpleUploadedFile("IMG_0001.JPG", written.getvalue(), content_type="image/jpeg")
    sent = product_form(product, name_zh_hans="\u202d马克杯\u200b", image=photo)
    sent |= {"sale_starts_at_0": "2026年1月5日", "sale_starts_at_1": "０９:00:00"}
    address = reverse("admin:catalog_product_change", args=[product.pk])

    saved = back_room.post(address, sent)
    heic = SimpleUploadedFile("IMG_0002.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    refused = back_room.post(address, {**sent, "image": heic})

    product.refresh_from_db()
    assert saved.status_code == 302
    assert (product.image.width, product.image.height) == (1600, 1200)
    assert product.image.name.endswith(".webp") and product.image.size <= 1024 * 1024
    assert product.name_zh_hans == "马克杯"
    assert timezone.localtime(product.sale_starts_at).isoformat() == "2026-01-05T09:00:00+08:00"
    assert list(refused.context["adminform"].form.errors) == ["image"]
    assert "HEIC" in refused.content.decode()
