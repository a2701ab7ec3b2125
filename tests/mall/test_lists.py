"""What a list of the back office says where it does not read everything, and what it finds."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from catalog.models import Product
from mall.core.admin import change_list, search
from mall.core.admin.model_admin import ModelAdmin
from marketing.models import Delivery, Notification
from tests.factories.accounts import MemberFactory
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = pytest.mark.django_db
ORDERS, MEMBERS = "admin:orders_order_changelist", "admin:accounts_user_changelist"


@pytest.fixture
def counter(client, member):
    """The back office as an administrator sees it, in English."""
    get_user_model().objects.filter(pk=member.pk).update(is_staff=True, is_superuser=True)
    client.force_login(member)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


@pytest.fixture
def orders(member):
    return [place(member, virtual_sku(cash="5.00")) for _ in range(3)]


def found(page):
    return [row.pk for row in page.context["cl"].result_list]


@pytest.mark.parametrize("typed", ["mem", "MEMBER", "member@example.com", '"member"'])
def test_search_when_a_member_is_named_then_their_orders_are_found(counter, orders, typed):
    page = counter.get(reverse(ORDERS), {"q": typed})

    assert found(page) == [order.pk for order in reversed(orders)]


def test_search_when_a_number_is_typed_in_small_letters_then_that_order_is_found(counter, orders):
    page = counter.get(reverse(ORDERS), {"q": orders[0].no.lower()})

    assert found(page) == [orders[0].pk]


def test_search_when_a_number_is_on_two_parcels_of_an_order_then_it_is_found_once(
    counter, orders, monkeypatch
):
    monkeypatch.setattr(ModelAdmin, "newest", 1)
    for number in (1, 2):
        orders[0].shipments.create(
            number=number, tracking_number="SF17", actor="staff:1", at=orders[0].created_at
        )

    page = counter.get(reverse(ORDERS), {"q": "sf17"})

    assert found(page) == [orders[0].pk]
    assert "newest 1 only" not in page.content.decode()


def test_search_when_an_old_order_is_named_then_its_entries_are_found(counter, member, monkeypatch):
    monkeypatch.setattr(ModelAdmin, "newest", 3)
    give_points(member, 50)
    order = place(member, virtual_sku(points=20))
    give_points(MemberFactory(), 50)  # whose entries stand before
    give_points(MemberFactory(), 50)
    give_points(member, 50)

    page = counter.get(reverse("admin:points_ledgerentry_changelist"), {"q": order.reference})

    assert [row.reference for row in page.context["cl"].result_list] == [order.reference]


def test_search_when_two_words_are_typed_then_both_must_fit(counter, orders):
    both = counter.get(reverse(ORDERS), {"q": f"member {orders[1].no}"})
    one = counter.get(reverse(ORDERS), {"q": f"nobody {orders[1].no}"})

    assert (found(both), found(one)) == ([orders[1].pk], [])


def test_search_when_a_word_fits_too_many_members_then_it_is_said(counter, orders, monkeypatch):
    monkeypatch.setattr(search, "KNOWN_MAX", 2)
    for number in range(3):
        MemberFactory(username=f"memento{number}")

    page = counter.get(reverse(ORDERS), {"q": "mem"})

    assert found(page) == []
    assert "“mem” fits more than 2 members" in page.content.decode()


def test_filter_when_only_the_newest_are_looked_at_then_it_is_said(counter, orders, monkeypatch):
    monkeypatch.setattr(ModelAdmin, "newest", 2)

    page = counter.get(reverse(ORDERS), {"is_physical__exact": "0"})

    assert found(page) == [orders[2].pk, orders[1].pk]
    assert "among the newest 2 only" in page.content.decode()


@pytest.mark.parametrize(("most", "said"), [(2, "more than 2 orders"), (3, "3 orders")])
def test_list_when_there_are_more_than_are_counted_then_it_is_said(
    counter, orders, monkeypatch, most, said
):
    monkeypatch.setattr(change_list, "COUNT_MAX", most)
    monkeypatch.setattr("orders.admin.OrderAdmin.list_per_page", 1)

    page = counter.get(reverse(ORDERS))

    assert page.context["cl"].result_count == most
    assert said in " ".join(page.content.decode().split())


def test_list_when_pages_are_turned_then_each_row_stands_on_one(counter, orders, monkeypatch):
    monkeypatch.setattr("orders.admin.OrderAdmin.list_per_page", 1)

    pages = [found(counter.get(reverse(ORDERS), {"p": number})) for number in (1, 2, 3)]

    assert pages == [[order.pk] for order in reversed(orders)]


def test_list_when_an_address_asks_for_an_order_not_offered_then_the_usual_one(counter, orders):
    columns = counter.get(reverse(ORDERS)).context["cl"].list_display

    page = counter.get(reverse(ORDERS), {"o": columns.index("points")})

    assert found(page) == [order.pk for order in reversed(orders)]


@pytest.mark.parametrize("sign", ["", "-"])
def test_list_when_sorted_by_a_name_then_in_its_order(counter, sign):
    MemberFactory(username="zoe")
    MemberFactory(username="adam")
    columns = counter.get(reverse(MEMBERS)).context["cl"].list_display

    page = counter.get(reverse(MEMBERS), {"o": f"{sign}{columns.index('username')}"})

    names = [row.username for row in page.context["cl"].result_list]
    assert names == sorted(["adam", "member", "zoe"], reverse=bool(sign))


@pytest.mark.parametrize("sign", ["", "-"])
def test_list_when_narrowed_down_then_in_the_order_asked_for(counter, sign):
    MemberFactory(username="zoe")
    get_user_model().objects.filter(pk=MemberFactory(username="adam").pk).update(is_active=False)
    columns = counter.get(reverse(MEMBERS)).context["cl"].list_display
    query = {"o": f"{sign}{columns.index('username')}", "is_active__exact": "1"}

    page = counter.get(reverse(MEMBERS), query)

    names = [row.username for row in page.context["cl"].result_list]
    assert names == sorted(["member", "zoe"], reverse=bool(sign))


def test_list_when_narrowed_down_then_pages_hold_each_row_once(counter, orders, monkeypatch):
    monkeypatch.setattr("orders.admin.OrderAdmin.list_per_page", 2)

    pages = [found(counter.get(reverse(ORDERS), {"q": "member", "p": p})) for p in (1, 2)]

    assert pages == [[orders[2].pk, orders[1].pk], [orders[0].pk]]


def test_filter_when_mails_of_a_kind_are_asked_for_then_only_they_are_shown(counter, orders):
    kinds = {row.notification.kind for row in Delivery.objects.select_related("notification")}
    wanted = Delivery.objects.filter(notification__kind="new_sign_in")
    Notification.objects.create(user=orders[0].user, kind="new_sign_in", key="n")
    for notice in Notification.objects.filter(deliveries=None):
        Delivery.objects.create(notification=notice, user=notice.user)

    page = counter.get(
        reverse("admin:marketing_delivery_changelist"), {"notification__kind__exact": "new_sign_in"}
    )

    assert found(page) == [row.pk for row in wanted.order_by("-pk")]
    assert kinds != {"new_sign_in"}


def test_delete_when_rows_keep_it_then_they_are_counted_and_not_read(counter, orders):
    product = orders[0].lines.get().product

    page = counter.get(reverse("admin:catalog_product_delete", args=[product.pk])).content.decode()

    assert "Order lines: 1" in page
    assert Product.objects.filter(pk=product.pk).exists()


@pytest.mark.parametrize("room", admin.site._registry.values(), ids=lambda room: room.opts.label)
def test_admin_when_registered_then_it_is_made_of_the_houses(room):
    assert isinstance(room, ModelAdmin)
