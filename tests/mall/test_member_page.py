"""Everything of one member on one page, to each role what it may see."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from orders.dispatch import notes
from tests.factories.orders import address_of, give_points, physical_sku, place, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(member, operator):
    """A member with an order, notes about it and a refund."""
    give_points(member, 100)
    address_of(member)
    order = place(member, physical_sku(points=10), quantity=2)
    notes.tell_member(order, "comes on Monday", operator=operator)
    notes.leave(order, "asked twice", operator=operator)
    refund(order, 1)
    return order


def test_member_page_when_an_operator_looks_then_all_of_it_leads_on(
    client, operator, member, busy, django_assert_max_num_queries
):
    client.force_login(operator)
    url = reverse("member_page", args=[member.pk])
    client.get(url)

    with django_assert_max_num_queries(16):
        page = client.get(url).content.decode()

    assert reverse("admin:orders_order_change", args=[busy.pk]) in page
    for words in ("comes on Monday", "asked twice", busy.no, f"{busy.reference}:"[:-1]):
        assert words in page
    assert member.email not in page
    for door in (
        reverse("admin:accounts_user_change", args=[member.pk]),
        reverse("admin:orders_order_change", args=[busy.pk]),
    ):
        assert url in client.get(door).content.decode()
    assert client.get(reverse("member_page", args=[10**9])).status_code == 404


def test_member_page_when_a_role_may_not_see_members_then_it_is_refused(
    client, other_member, member
):
    url = reverse("member_page", args=[member.pk])
    other_member.is_staff = True
    other_member.save()
    client.force_login(other_member)
    refused = client.get(url).status_code
    other_member.groups.add(Group.objects.get(name="support"))

    assert (refused, client.get(url).status_code) == (403, 200)
