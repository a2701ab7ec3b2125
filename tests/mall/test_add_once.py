"""A form of the back office that is sent twice adds one row."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import Category, FreightTemplate, Product
from tests.factories.catalog import CategoryFactory
from tests.pages import form_of

pytestmark = pytest.mark.django_db
ADD = "admin:catalog_category_add"


@pytest.fixture
def back_room(client, admin_user):
    client.force_login(admin_user)
    return client


def opened(client, address, form_id):
    """Return what a browser would send of a page that adds a row."""
    return form_of(client.get(reverse(address)).content.decode(), form_id)


def test_product_when_its_form_is_sent_twice_then_there_is_one_with_its_sku(back_room):
    shelf = CategoryFactory()
    form = opened(back_room, "admin:catalog_product_add", "product_form")
    form |= {"name_zh_hans": "茶杯", "category": shelf.pk, "skus-0-points_price": "30"}

    first, second = (
        back_room.post(reverse("admin:catalog_product_add"), {**form, "csrfmiddlewaretoken": mask})
        for mask in ("a" * 64, "b" * 64)
    )

    product = Product.objects.get()
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert product.skus.count() == 1


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_freight_template_when_its_form_is_sent_twice_at_once_then_there_is_one(
    run_threads, admin_user, back_room
):
    address = "admin:catalog_freighttemplate_add"
    said = {**opened(back_room, address, "freighttemplate_form"), "name": "By weight"}
    clerks = [Client() for _ in range(4)]
    for clerk in clerks:
        clerk.force_login(admin_user)

    answers = run_threads(4, lambda: clerks.pop().post(reverse(address), said).status_code)

    assert answers == [302] * 4
    assert FreightTemplate.objects.filter(name="By weight").count() == 1


def test_category_when_back_and_something_else_is_typed_then_it_is_another_row(back_room):
    form = opened(back_room, ADD, "category_form")

    for slug in ("tea", "tea", "cups", "tea"):
        said = {**form, "name_zh_hans": slug, "slug": slug, "_continue": "1"}
        assert back_room.post(reverse(ADD), said).status_code == 302

    assert sorted(Category.objects.values_list("slug", flat=True)) == ["cups", "tea"]
    assert {str(entry) for entry in LogEntry.objects.all()} == {"添加了“tea”。", "添加了“cups”。"}


def test_category_when_it_was_deleted_or_another_page_adds_the_same_then_added(back_room):
    form = opened(back_room, ADD, "category_form")
    said = {**form, "name_zh_hans": "tea", "slug": "tea"}
    back_room.post(reverse(ADD), said)
    Category.objects.all().delete()

    back_room.post(reverse(ADD), said)

    assert Category.objects.count() == 1
    another = {**said, **{"_once": opened(back_room, ADD, "category_form")["_once"]}}
    answer = back_room.post(reverse(ADD), another)
    assert answer.status_code == 200  # its slug is taken, and said beside it
    assert another["_once"] != said["_once"]


def test_template_when_a_form_of_the_release_before_is_sent_twice_then_as_it_was(back_room):
    address = "admin:catalog_freighttemplate_add"
    form = opened(back_room, address, "freighttemplate_form")
    said = {**form, "name": "By weight"}
    del said["_once"]

    answers = [back_room.post(reverse(address), said).status_code for _ in range(2)]

    assert FreightTemplate.objects.count() == answers.count(302)
