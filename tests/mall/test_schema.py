"""Rules of the tables that every server people have relies on: Galera, copies, TiDB, Vitess.

Source: docs/operations.md "Past one machine", docs/ledger.md "Why it is so".
"""

import pytest
from django.apps import apps
from django.db import connection

from orders import group
from orders.models import OrderLine
from tests.factories.orders import virtual_sku
from tests.factories.points import member_with

# Rows that the requests of many members change, or that are locked in front of all of them.
MOVED_BY_MANY = {
    "catalog.Stock", "catalog.StockBucket", "catalog.Sku", "catalog.Product", "points.Budget",
    "orders.CouponTemplate", "orders.FlashItem", "marketing.Draw", "marketing.DrawPrize",
}  # fmt: skip
OF_A_MEMBER = {"accounts.User", "points.PointAccount", "orders.Order", "points.Event"}


def test_tables_when_a_member_has_rows_there_then_none_is_tied_to_a_row_that_many_move():
    """The server takes a shared lock on the parent of each new row: who updates the parent waits,
    and Galera counts the parent as read.
    """
    found = []
    for model in apps.get_models():
        links = [field for field in model._meta.local_fields if field.remote_field]
        parents = {field.related_model._meta.label for field in links}
        if parents & OF_A_MEMBER:
            found += [
                f"{model._meta.label}.{field.name}"
                for field in links
                if field.db_constraint and field.related_model._meta.label in MOVED_BY_MANY
            ]

    assert found == []


@pytest.mark.django_db
def test_tables_when_looked_at_then_each_has_a_primary_key():
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        without = [
            name
            for name in names
            if not connection.introspection.get_primary_key_columns(cursor, name)
        ]

    assert len(names) > 100
    assert without == []


@pytest.mark.mariadb
@pytest.mark.django_db
@pytest.mark.parametrize(
    "what",
    [
        "tables WHERE table_type <> 'BASE TABLE' OR engine <> 'InnoDB'",
        "triggers WHERE 1 = 1",
        "routines WHERE 1 = 1",
        "events WHERE 1 = 1",
        "statistics WHERE index_type NOT IN ('BTREE')",
    ],
)
def test_database_when_looked_at_then_all_it_holds_is_plain_tables_of_innodb(what):
    table, _, condition = what.partition(" WHERE ")
    column = {
        "tables": "table_schema",
        "triggers": "trigger_schema",
        "routines": "routine_schema",
        "events": "event_schema",
        "statistics": "table_schema",
    }[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM information_schema.{table} "
            f"WHERE {column} = DATABASE() AND ({condition})"
        )

        assert cursor.fetchone() == (0,)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_orders_when_the_server_gives_every_third_id_then_each_line_is_its_orders_own():
    """As each of three Galera nodes does (wsrep_auto_increment_control)."""
    skus = [virtual_sku(cash=f"{n}.00", stock=10) for n in range(1, 4)]
    members = [member_with() for _ in skus]
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION auto_increment_increment = 3, auto_increment_offset = 2")
    try:
        orders = group.place(
            [
                group.Request(
                    user=member, sku_id=sku.pk, quantity=1, key=f"third-{sku.pk}", body_hash="",
                    points_to_use=0, address_id=None, expect=None,
                )
                for member, sku in zip(members, skus, strict=True)
            ]
        )  # fmt: skip
    finally:
        connection.close()

    assert [order.user_id for order in orders] == [member.pk for member in members]
    assert {order.pk % 3 for order in orders} == {2}
    lines = dict(OrderLine.objects.values_list("order_id", "sku_id"))
    assert [lines[order.pk] for order in orders] == [sku.pk for sku in skus]
