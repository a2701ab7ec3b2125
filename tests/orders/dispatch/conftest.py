"""The packing room and what waits in it."""

import pytest
from django.urls import reverse

from tests.factories.orders import address_of, give_points, physical_sku, place


@pytest.fixture
def counter(client, operator):
    """A browser session of an operator."""
    client.force_login(operator)
    return client


@pytest.fixture
def many_url():
    """The table of orders to be sent."""
    return reverse("admin:orders_order_ship_many")


@pytest.fixture
def waiting_orders(member):
    """waiting_orders(n, user) -> n paid orders that wait to be sent, of one member to one place."""

    def make(n, user=member):
        give_points(user, 100 * n)
        address_of(user)
        sku = physical_sku(points=10, stock=n)
        return [place(user, sku) for _ in range(n)]

    return make
