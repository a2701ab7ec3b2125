"""The system checks that keep the ledger off isolation levels it cannot live with."""

import pytest
from django.core.checks import run_checks
from django.db import connection

from points import checks

pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")


def ids(found):
    return [error.id for error in found]


def test_check_when_settings_are_ours_then_nothing_to_say():
    assert checks.check_isolation_settings(None) == []


@pytest.mark.parametrize("level", ["repeatable read", "serializable", None, ""])
def test_check_when_mysql_runs_on_another_level_then_error(settings, level):
    settings.DATABASES = {
        "default": {"ENGINE": "django.db.backends.mysql", "OPTIONS": {"isolation_level": level}}
    }

    assert ids(checks.check_isolation_settings(None)) == ["points.E001"]


def test_check_when_sqlite_begins_deferred_then_error(settings):
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}}

    assert ids(checks.check_isolation_settings(None)) == ["points.E002"]


@pytest.mark.django_db
def test_check_when_all_run_then_ours_are_among_them_and_content(settings):
    assert not [
        error for error in run_checks(databases=["default"]) if error.id.startswith("points.")
    ]


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_check_when_the_server_session_is_on_another_level_then_error():
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try:
        assert ids(checks.check_isolation_of_server(None, databases=["default"])) == ["points.E001"]
    finally:
        connection.close()
