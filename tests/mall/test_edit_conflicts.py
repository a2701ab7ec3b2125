"""Two people at one form of the back office: the older page undoes nothing the other one did."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import reverse

from catalog import assortment
from catalog.models import Category, Product, Sku
from mall.core import clock
from mall.core.admin.edit_pages import EditPages
from orders.models import CouponTemplate, FlashItem
from points.models import PointsPolicy, Rule
from tests.factories.catalog import CategoryFactory, ProductFactory, SkuFactory
from tests.factories.coupons import code, template
from tests.factories.flash import item, session
from tests.pages import form_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


def address_of(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def opened(client, row):
    """What a browser would send of the row's page, as it is shown now."""
    return form_of(client.get(address_of(row)).content.decode(), f"{row._meta.model_name}_form")


def test_admins_when_rows_can_be_edited_then_every_one_compares():
    editable = [one for one in admin.site._registry.values() if not isinstance(one, EditPages)]

    assert editable == []


def test_product_when_a_colleague_took_it_off_sale_then_an_old_form_saves_nothing(
    back_room, admin_user
):
    product = SkuFactory(product__summary_zh_hans="旧").product
    old = opened(back_room, product)
    assortment.take_off_sale(product.pk, by=admin_user)

    refused = back_room.post(address_of(product), {**old, "summary_zh_hans": "我写的"})

    product.refresh_from_db()
    assert refused.status_code == 409
    assert (product.status, product.summary_zh_hans) == (Product.Status.OFF, "旧")
    shown = [(one.name, one.is_mine) for one in refused.context["conflicts"]]
    assert shown == [("status", False)]
    again = form_of(refused.content.decode(), "product_form")
    assert (again["status"], again["summary_zh_hans"]) == (["off"], ["我写的"])
    assert back_room.post(address_of(product), again).status_code == 302
    product.refresh_from_db()
    assert (product.status, product.summary_zh_hans) == (Product.Status.OFF, "我写的")


def test_product_when_both_changed_a_price_then_both_stand_beside_each_other(back_room):
    sku = SkuFactory()
    product = sku.product
    old = opened(back_room, product)
    Sku.objects.filter(pk=sku.pk).update(points_price=777)
    new_row = {name.replace("__prefix__", "1"): value for name, value in old.items()}
    added = {**old, **new_row, "skus-TOTAL_FORMS": ["2"], "skus-1-name_zh_hans": ["大"]}
    added |= {"skus-0-points_price": ["888"], "skus-1-points_price": ["5"], "skus-1-id": [""]}

    refused = back_room.post(address_of(product), added)

    [conflict] = refused.context["conflicts"]
    assert (conflict.mine, conflict.now, conflict.is_mine) == ("888", "777", True)
    assert list(product.skus.values_list("points_price", flat=True)) == [777]
    again = form_of(refused.content.decode(), "product_form")
    assert (again["skus-0-points_price"], again["skus-1-name_zh_hans"]) == (["888"], ["大"])
    assert back_room.post(address_of(product), again).status_code == 302
    assert set(product.skus.values_list("points_price", flat=True)) == {888, 5}


def test_inlines_when_a_colleague_took_a_row_away_then_the_rest_can_be_saved(back_room):
    draft = session(starts_in=timedelta(days=1))
    gone, stays = (item(of=draft, announced=False) for _ in range(2))
    old = opened(back_room, draft)
    gone.delete()

    refused = back_room.post(
        address_of(draft), {**old, "items-0-stock": ["7"], "items-1-stock": ["8"]}
    )
    again = form_of(refused.content.decode(), "flashsession_form")
    saved = back_room.post(address_of(draft), again)

    assert (refused.status_code, saved.status_code) == (409, 302)
    assert [one.mine for one in refused.context["conflicts"]] == ["7"]
    assert list(FlashItem.objects.values_list("pk", "stock")) == [(stays.pk, 8)]


def test_coupon_when_others_write_meanwhile_then_their_choice_and_its_counter_stay(back_room):
    made = template()
    made.products.set([ProductFactory(), ProductFactory()])
    code(made)
    old = opened(back_room, made)
    CouponTemplate.objects.filter(pk=made.pk).update(status="paused")
    theirs = ProductFactory()
    made.products.add(theirs)

    refused = back_room.post(address_of(made), {**old, "name_zh_hans": ["新名"]})

    assert {one.name for one in refused.context["conflicts"]} == {"status", "products"}
    again = form_of(refused.content.decode(), "coupontemplate_form")
    CouponTemplate.objects.filter(pk=made.pk).update(issued=3)
    assert back_room.post(address_of(made), again).status_code == 302
    made.refresh_from_db()
    assert (made.status, made.name_zh_hans, made.issued) == ("paused", "新名", 3)
    assert theirs in made.products.all()


@pytest.mark.parametrize("find", [Rule.objects.first, PointsPolicy.current])
def test_rules_and_policies_when_nobody_else_wrote_then_they_save_as_ever(back_room, find):
    row = find()
    old = opened(back_room, row)

    saved = back_room.post(address_of(row), old)

    assert saved.status_code == 302


def test_policy_when_two_write_the_same_then_it_is_no_conflict(back_room):
    policy = PointsPolicy.current()
    old = opened(back_room, policy)
    PointsPolicy.objects.update(earned_per_day_max=1234, adjust_alone_max=77)

    same = {**old, "earned_per_day_max": ["1234"]}
    refused = back_room.post(address_of(policy), same)

    assert [one.name for one in refused.context["conflicts"]] == ["adjust_alone_max"]
    PointsPolicy.objects.update(adjust_alone_max=int(old["adjust_alone_max"][0]))
    assert back_room.post(address_of(policy), same).status_code == 302


def test_list_when_edited_in_place_over_a_colleague_then_both_are_told(back_room):
    mine, theirs = CategoryFactory(position=1), CategoryFactory(position=2)
    where = reverse("admin:catalog_category_changelist")
    old = form_of(back_room.get(where).content.decode(), "changelist-form")
    rows = {old[f"form-{n}-id"][0]: n for n in range(int(old["form-TOTAL_FORMS"][0]))}
    Category.objects.update(position=9)
    typed = {**old, f"form-{rows[str(mine.pk)]}-position": ["5"], "_save": "Save"}

    refused = back_room.post(where, typed)

    page = refused.content.decode()
    assert refused.status_code == 200
    assert set(Category.objects.values_list("position", flat=True)) == {9}
    again = form_of(page, "changelist-form")
    assert back_room.post(where, {**again, "_save": "Save"}).status_code == 302
    kept = dict(Category.objects.values_list("pk", "position"))
    assert (kept[mine.pk], kept[theirs.pk]) == (5, 9)


def listed(client, where):
    """The fields of a list and the number of each row by its id."""
    sent = form_of(client.get(where).content.decode(), "changelist-form")
    return sent, {sent[f"form-{n}-id"][0]: n for n in range(int(sent["form-TOTAL_FORMS"][0]))}


def test_list_when_a_colleague_took_a_row_away_then_told_and_the_others_can_be_saved(back_room):
    first, gone, mine = (CategoryFactory(position=n) for n in (1, 2, 3))
    back_room.cookies["mall_language"] = "en"
    where = reverse("admin:catalog_category_changelist")
    old, rows = listed(back_room, where)
    gone.delete()
    typed = {**old, f"form-{rows[str(mine.pk)]}-position": ["8"], "_save": "Save"}

    refused = back_room.post(where, typed)
    again = form_of(refused.content.decode(), "changelist-form")
    kept = dict(Category.objects.values_list("pk", "position"))
    saved = back_room.post(where, {**again, "_save": "Save"})

    assert "has taken rows away" in refused.content.decode()
    assert kept == {first.pk: 1, mine.pk: 3}
    assert saved.status_code == 302
    assert dict(Category.objects.values_list("pk", "position")) == {first.pk: 1, mine.pk: 8}


def test_list_when_the_session_ended_then_what_was_typed_is_there_and_undoes_nobody(
    back_room, admin_user
):
    mine, theirs = CategoryFactory(position=1), CategoryFactory(position=2)
    where = reverse("admin:catalog_category_changelist")
    old, rows = listed(back_room, where)
    Session.objects.all().delete()
    cache.clear()
    number = rows[str(mine.pk)]

    back_room.post(where, {**old, f"form-{number}-position": ["77"], "_save": "Save"})
    Category.objects.filter(pk=theirs.pk).update(position=9)
    back_room.force_login(admin_user)
    again, rows = listed(back_room, where)
    unsaved = Category.objects.get(pk=mine.pk).position
    saved = back_room.post(where, {**again, "_save": "Save"})

    assert again[f"form-{rows[str(mine.pk)]}-position"] == ["77"]
    assert (unsaved, saved.status_code) == (1, 302)
    assert dict(Category.objects.values_list("pk", "position")) == {mine.pk: 77, theirs.pk: 9}


@pytest.mark.parametrize("seen", ['{"form": 5, "skus": 7}', '{"skus": {"1": 3}}', "[1]", "{"])
def test_form_when_its_marks_are_broken_then_no_fault(back_room, seen):
    product = SkuFactory().product

    answer = back_room.post(address_of(product), {**opened(back_room, product), "_seen": seen})

    assert answer.status_code in (302, 409)


def test_product_when_each_field_is_chosen_then_mine_and_theirs_are_saved_together(back_room):
    sku = SkuFactory(product__summary_zh_hans="旧", points_price=5)
    product = sku.product
    old = opened(back_room, product)
    Product.objects.update(summary_zh_hans="他的", tags="theirs", limit_per_order=7)
    Sku.objects.update(points_price=777, is_active=False)
    mine = {"summary_zh_hans": ["我的"], "tags": ["mine"], "limit_per_order": ["3"]}

    refused = back_room.post(
        address_of(product),
        {**old, **mine, "skus-0-points_price": ["888"]},
    )
    page = refused.content.decode()
    again = form_of(page, "product_form")
    choices = {one.name: one.choice for one in refused.context["conflicts"]}
    taken = {choices["tags"]: ["now"], choices["points_price"]: ["now"]}
    saved = back_room.post(address_of(product), {**again, **taken})

    assert {one.name for one in refused.context["conflicts"] if not one.choice} == {"is_active"}
    assert [again[choices[name]] for name in ("summary_zh_hans", "tags")] == [["mine"], ["mine"]]
    assert saved.status_code == 302
    product.refresh_from_db()
    sku.refresh_from_db()
    assert (product.summary_zh_hans, product.tags, product.limit_per_order) == ("我的", "theirs", 3)
    assert (sku.points_price, sku.is_active) == (777, False)


def test_coupon_when_theirs_are_chosen_then_lists_and_times_are_theirs(back_room):
    made = template(starts_at=clock.now(), categories=[CategoryFactory()])
    old = opened(back_room, made)
    theirs, later = CategoryFactory(), clock.now() + timedelta(days=3)
    made.categories.set([theirs])
    CouponTemplate.objects.update(starts_at=later, status="paused")
    mine = {"categories": [CategoryFactory().pk], "starts_at_0": "2030-01-01", "status": "ended"}

    refused = back_room.post(address_of(made), {**old, **mine})
    again = form_of(refused.content.decode(), "coupontemplate_form")
    choices = {one.choice: "now" for one in refused.context["conflicts"] if one.choice}
    saved = back_room.post(address_of(made), {**again, **choices})

    made.refresh_from_db()
    assert (saved.status_code, len(choices)) == (302, 3)
    assert list(made.categories.all()) == [theirs]
    assert (made.starts_at, made.status) == (later.replace(second=0, microsecond=0), "paused")
