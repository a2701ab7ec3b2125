"""Every order's history becomes facts of its member, and comes back as it was."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from mall import verification
from orders import lifecycle
from orders.models import OrderEvent
from points import event_delivery
from points.models import Event, PointAccount
from tests.factories.orders import give_points, pay, place, refund, virtual_sku

pytestmark = pytest.mark.django_db(transaction=True)
history = import_module("orders.migrations.0009_history_is_facts")
OLD = "order_id, kind, from_status, to_status, actor, note, at"


@pytest.fixture
def before():
    """The models of the state before the migration; no model of today clears its table."""
    names = [("orders", "0008_lists_by_day"), ("points", "0014_facts_of_members")]
    yield MigrationLoader(connection).project_state(names).apps
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM orders_orderevent")


def old_rows():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {OLD} FROM orders_orderevent ORDER BY order_id, id")
        return cursor.fetchall()


def shown(orders):
    return [
        [(one.what, one.from_status, one.to_status, one.actor, one.note, one.at) for one in events]
        for events in (list(order.events) for order in orders)
    ]


def test_migrate_when_there_are_orders_then_back_and_forth_leaves_their_history(
    member, other_member, before
):
    orders = []
    for who in (member, other_member, member):
        give_points(who, 100)
        orders.append(pay(place(who, virtual_sku(points=10, cash="9.90"))))
    lifecycle.ship(orders[0], actor="staff:1")
    lifecycle.cancel(orders[1], actor=f"member:{other_member.pk}")
    refund(orders[2], 1)
    was = shown(orders)
    facts = OrderEvent.objects.count()

    with connection.schema_editor() as editor:
        history.write_back(before, editor)
    back, left = old_rows(), Event.objects.count()
    with connection.schema_editor() as editor:
        history.carry_over(before, editor)

    assert (len(back), left) == (facts, 0)
    assert shown(orders) == was
    account = PointAccount.objects.get(pk=member.pk)
    assert account.heard == account.told
    assert Event.objects.of(member.pk).count() == account.told
    assert verification.verify() == []

    with connection.schema_editor() as editor:
        history.carry_over(before, editor)  # begun again
    assert shown(orders) == was

    pay(place(member, virtual_sku(cash="9.90")))
    with connection.schema_editor() as editor:
        history.write_back(before, editor)
    assert old_rows()[: len(back)] == back
    assert len(old_rows()) == len(back) + 2


def test_migrate_back_when_facts_wait_then_it_refuses(member, before, heard_later):
    give_points(member, 100)
    place(member, virtual_sku(points=10))

    with connection.schema_editor() as editor, pytest.raises(RuntimeError, match="nightly"):
        history.write_back(before, editor)

    event_delivery.deliver_due()
    with connection.schema_editor() as editor:
        history.write_back(before, editor)
    assert len(old_rows()) == 2
