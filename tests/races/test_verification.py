"""Comparing the books while the shop runs finds nothing that is not there."""

import threading

import pytest
from django.db import connection

from mall import verification
from mall.verification.orders import verify_orders
from orders import lifecycle
from points import event_delivery
from points.models import Grant
from tests.factories.orders import give_points, pay, place, virtual_sku

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


def test_verify_when_a_promise_is_taken_back_while_it_is_read_then_nothing_is_found(member):
    """It moves no entry, so the account's number of entries says nothing of it."""
    order = pay(place(member, virtual_sku(cash="30.00")))
    event_delivery.deliver(member.pk)
    cut_in = []

    def take_back():
        lifecycle.cancel(order, actor="staff:1")
        event_delivery.deliver(member.pk)
        connection.close()

    def interrupt(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        if "FROM `points_grant`" in sql and not cut_in:
            cut_in.append(threading.Thread(target=take_back))
            cut_in[0].start()
            cut_in[0].join(60)
        return answer

    with connection.execute_wrapper(interrupt):
        found = verification.verify()

    assert len(cut_in) == 1
    assert found == []
    assert Grant.objects.filter(account_id=member.pk, taken_back__gt=0).exists()
