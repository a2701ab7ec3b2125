"""Three database users: the application sells with the rights it has, and cannot rewrite what is only ever added.

Source: reliability.md "Production settings", "operator abuse"; ledger.md section 2.
"""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from accounts.registration import register
from mall.management.commands.grant_tables import append_only_tables
from marketing.checkin import check_in
from orders import lifecycle
from points import ledger
from points.models import LedgerEntry
from tests.factories.orders import place, virtual_sku

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
NO_RIGHT = (1142, 1044)


@pytest.fixture
def users(transactional_db):
    """The two users of a shop that was just migrated."""
    with connection.cursor() as cursor:
        for name in ("mall_app", "mall_reader"):
            cursor.execute(f"CREATE OR REPLACE USER '{name}'@'%' IDENTIFIED BY 'a-password'")
    call_command("grant_tables", app="mall_app", reader="mall_reader", verbosity=0)
    yield
    with connection.cursor() as cursor:
        for name in ("mall_app", "mall_reader"):
            cursor.execute(f"DROP USER '{name}'@'%'")


@contextmanager
def signed_in_as(name):
    """Let the whole application speak to the database as another user."""
    own = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=name, PASSWORD="a-password")
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(own)


def refused(statement):
    with pytest.raises(OperationalError) as told, connection.cursor() as cursor:
        cursor.execute(statement)
    return told.value.args[0] in NO_RIGHT


def test_grants_when_the_application_lives_a_day_then_its_rights_suffice(users):
    sku = virtual_sku(points=50)

    with signed_in_as("mall_app"):
        member = register(username="buyer", email="buyer@example.com", password="a-long-test-password")
        check_in(member)
        order = place(member, sku)
        lifecycle.cancel(order, actor="test")
        ledger.adjust(member.pk, points=5, key="adjust:1", actor="test", note="test")

    assert LedgerEntry.objects.filter(account_id=member.pk).count() == 5


@pytest.mark.parametrize("table", sorted(append_only_tables()))
def test_grants_when_the_application_would_rewrite_history_then_the_database_refuses(users, table):
    with signed_in_as("mall_app"):
        assert refused(f"DELETE FROM `{table}`")
        column = next(model._meta.pk.column for model in apps.get_models() if model._meta.db_table == table)
        assert refused(f"UPDATE `{table}` SET `{column}` = `{column}`")
        assert refused(f"DROP TABLE `{table}`")


def test_grants_when_the_reader_writes_then_the_database_refuses(users, db):
    with signed_in_as("mall_reader"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM points_pointaccount")
        assert refused("UPDATE points_pointaccount SET available = available")
        assert refused("INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', NOW())")


def test_grants_when_run_again_then_there_is_nothing_to_do(users, capsys):
    call_command("grant_tables", app="mall_app", reader="mall_reader", only_print=True)

    assert capsys.readouterr().out == ""


def test_grants_when_a_table_was_given_too_much_then_it_is_taken_back(users):
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON points_ledgerentry TO 'mall_app'@'%'")

    call_command("grant_tables", app="mall_app", reader="mall_reader", verbosity=0)

    with signed_in_as("mall_app"):
        assert refused("UPDATE points_ledgerentry SET id = id")


def test_grants_when_the_application_holds_the_whole_database_then_one_sentence_says_so(users):
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON `{connection.settings_dict['NAME']}`.* TO 'mall_app'@'%'")

    with pytest.raises(CommandError, match="holds UPDATE on the whole database"):
        call_command("grant_tables", app="mall_app", reader="mall_reader")
