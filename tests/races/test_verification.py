"""Comparing the books while the shop runs finds nothing that is not there."""

import pytest

from mall import verification
from mall.verification.orders import verify_orders
from orders import lifecycle
from tests.factories.orders import give_points, place, virtual_sku

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]

MEMBERS = 3
ORDERS = 25


def test_verify_when_orders_come_and_go_meanwhile_then_nothing_is_found(
    member, other_member, operator, run_threads, deadlocks
):
    members = [member, other_member, operator]
    sku = virtual_sku(points=10, stock=1_000)
    mixed = virtual_sku(points=10, cash="1.00", stock=1_000)
    for user in members:
        give_points(user, 10_000)
    found = []

    def live_or_look(number):
        if number == MEMBERS:
            for _ in range(ORDERS):
                found.extend([*verify_orders(), *verification.verify()])
            return
        for turn in range(ORDERS):
            lifecycle.cancel(place(members[number], mixed if turn % 2 else sku), actor="test")

    outcomes = run_threads(MEMBERS + 1, live_or_look)

    assert outcomes == [None] * (MEMBERS + 1)
    assert found == []
    assert deadlocks() == 0
