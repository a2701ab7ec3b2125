"""What a list of the back office says where it does not read everything, and what it finds."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from mall.core.admin import change_list, search
from mall.core.admin.model_admin import ModelAdmin
from tests.factories.accounts import MemberFactory
from tests.factories.orders import place, virtual_sku

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


@pytest.mark.parametrize("room", admin.site._registry.values(), ids=lambda room: room.opts.label)
def test_admin_when_registered_then_it_is_made_of_the_houses(room):
    assert isinstance(room, ModelAdmin)
