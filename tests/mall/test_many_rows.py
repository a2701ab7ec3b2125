"""A page that shows many rows takes them back, and "all" means all where a question comes first."""

from datetime import timedelta

import pytest
from django.urls import reverse

from catalog import codes, review_admin
from catalog.models import CardKey, Product, Review, Sku
from mall.server.bodies import FIELDS_MAX
from orders.coupons import code_admin
from orders.models import CouponCode, CouponTemplate, FlashItem
from tests.factories.accounts import MemberFactory
from tests.factories.catalog import CategoryFactory, SkuFactory
from tests.factories.coupons import template
from tests.factories.flash import session
from tests.factories.orders import key_sku
from tests.pages import form_of

pytestmark = pytest.mark.django_db
KEYS = "admin:catalog_cardkey_changelist"


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


def sent_back(client, row, **changes):
    """Open a row's page, change something, and save it."""
    name = f"admin:{row._meta.label_lower.replace('.', '_')}_change"
    address = reverse(name, args=[row.pk])
    form = form_of(client.get(address).content.decode(), f"{row._meta.model_name}_form")
    return client.post(address, {**form, **changes}), len(form)


def test_product_when_it_has_60_skus_then_its_page_can_be_saved(back_room):
    product = SkuFactory().product
    skus = [Sku(product=product, name_zh_hans=f"码{n}", points_price=n + 1) for n in range(59)]
    Sku.objects.bulk_create(skus)

    saved, fields = sent_back(back_room, product, **{"skus-59-points_price": "4321"})

    assert saved.status_code == 302, saved.context["errors"]
    assert (fields > FIELDS_MAX, product.skus.filter(points_price=4321).count()) == (True, 1)


def test_coupon_when_it_names_520_products_and_80_codes_then_it_can_be_paused(
    back_room, monkeypatch
):
    shelf, made = CategoryFactory(), template()
    goods = [Product(category=shelf, name_zh_hans=f"物{n}") for n in range(520)]
    Product.objects.bulk_create(goods)
    made.products.set(Product.objects.all())
    CouponCode.objects.bulk_create(CouponCode(template=made) for _ in range(80))

    saved, _fields = sent_back(back_room, made, status="paused")

    assert saved.status_code == 302
    assert CouponTemplate.objects.get().status == "paused"
    assert made.products.count() == 520
    monkeypatch.setattr(code_admin, "SHOWN_MAX", 79)  # more: a list of their own
    page = back_room.get(reverse("admin:orders_coupontemplate_change", args=[made.pk]))
    listed = f"{reverse('admin:orders_couponcode_changelist')}?template__id__exact={made.pk}"
    assert (listed in page.content.decode(), "codes-TOTAL_FORMS" in page.content.decode()) == (
        True,
        False,
    )
    assert back_room.get(listed).context["cl"].result_count == 80


def test_flash_session_when_it_has_70_items_then_its_page_can_be_saved(back_room):
    draft, product = session(starts_in=timedelta(days=1)), SkuFactory().product
    skus = Sku.objects.bulk_create(Sku(product=product, points_price=100) for _ in range(70))
    terms = {"session": draft, "points_price": 10, "stock": 1}
    FlashItem.objects.bulk_create(FlashItem(sku=sku, **terms) for sku in skus)

    saved, fields = sent_back(back_room, draft, **{"items-69-stock": "7"})

    assert saved.status_code == 302
    assert (fields > FIELDS_MAX, draft.items.filter(stock=7).count()) == (True, 1)


@pytest.mark.parametrize("is_multipart", [True, False])
def test_fields_when_a_shopper_sends_more_than_any_page_has_then_it_is_refused(
    client, back_room, is_multipart
):
    fields = {f"f{n}": "1" for n in range(FIELDS_MAX + 2)}
    how = {} if is_multipart else {"content_type": "application/x-www-form-urlencoded"}
    body = fields if is_multipart else "&".join(f"{name}=1" for name in fields)

    of_shop = client.post(reverse("accounts:address_new"), body, **how)
    of_clerk = back_room.post(reverse("admin:catalog_category_add"), body, **how)
    client.logout()
    of_nobody = client.post(reverse("admin:catalog_category_add"), body, **how)

    assert [one.status_code for one in (of_shop, of_clerk, of_nobody)] == [400, 200, 302]


def test_keys_when_all_are_chosen_and_asked_about_then_all_are_void(back_room, monkeypatch):
    monkeypatch.setattr(codes, "VOIDED_AT_ONCE", 20)
    leaked, kept = key_sku(points=10, keys=55), key_sku(points=10, keys=2)
    address = f"{reverse(KEYS)}?sku__id__exact={leaked.pk}"
    ticked = [str(row.pk) for row in back_room.get(address).context["cl"].result_list]
    chosen = {"action": "make_void", "index": "0", "select_across": "1", "_selected_action": ticked}

    asked = back_room.post(address, chosen)
    form = form_of(asked.content.decode(), "")
    more = codes.add(leaked.pk, [(1, "LATE-1")], actor="staff:1", batch="late")
    stale = back_room.post(address, {**form, "reason": "leaked"})
    again = form_of(stale.content.decode(), "")
    done = back_room.post(address, {**again, "reason": "leaked"}, follow=True)

    assert (len(ticked), form["told"], again["told"], more.added) == (50, ["55"], ["56"], 1)
    assert stale.status_code == 400
    assert CardKey.objects.filter(sku=leaked, state="void").count() == 56
    assert CardKey.objects.filter(sku=kept, state="free").count() == 2
    assert "56" in " ".join(map(str, done.context["messages"]))


def test_keys_when_some_are_ticked_then_only_those_are_void(back_room):
    sku = key_sku(points=10, keys=3)
    ticked = [str(pk) for pk in sku.keys.values_list("pk", flat=True)[:2]]
    chosen = {"action": "make_void", "index": "0", "select_across": "0", "_selected_action": ticked}

    asked = back_room.post(reverse(KEYS), chosen)
    back_room.post(reverse(KEYS), {**form_of(asked.content.decode(), ""), "reason": "leaked"})

    assert CardKey.objects.filter(state="void").count() == 2


def test_reviews_when_all_are_chosen_then_all_are_read_and_published(back_room, monkeypatch):
    monkeypatch.setattr(review_admin, "READ_AT_ONCE", 2)
    product = SkuFactory().product
    authors = MemberFactory.create_batch(5)
    words = {"product": product, "stars": 5, "text": "好"}
    Review.objects.bulk_create(Review(user=user, line=n, **words) for n, user in enumerate(authors))
    where = reverse("admin:catalog_review_changelist")
    ticked = [str(Review.objects.first().pk)]
    chosen = {"action": "publish_chosen", "index": "0", "select_across": "1"}

    page = back_room.post(where, {**chosen, "_selected_action": ticked})
    shown = []
    while page.status_code == 200 and len(shown) < 5:
        shown.append((len(page.context["chosen"]), page.context["more"]))
        page = back_room.post(where, form_of(page.content.decode(), ""))

    assert shown == [(2, 3), (2, 1), (1, 0)]
    assert set(Review.objects.values_list("status", flat=True)) == {"published"}
