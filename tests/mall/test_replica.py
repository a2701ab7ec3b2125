"""Reports read a copy of the database where one is set up; everything else stays with the database
that is written.
"""

from copy import deepcopy

import pytest
from django.db import OperationalError, ProgrammingError, connections
from django.test.utils import CaptureQueriesContext

from mall.core import replica
from marketing.analytics import period as periods
from marketing.analytics import reports
from marketing.models import DailyRollup
from tests.conftest import ON_MARIADB
from tests.mall.test_production import read_settings, start


@pytest.fixture
def copy(transactional_db, settings):
    """A second connection to this test's database, under the copy's name."""
    settings.DATABASES = {**settings.DATABASES, replica.ALIAS: {}}
    settings.DATABASE_ROUTERS = ["mall.core.replica.Router"]
    connections.databases[replica.ALIAS] = deepcopy(connections["default"].settings_dict)
    connections[replica.ALIAS].alias = "default"  # the only name that pytest-django lets connect
    yield connections[replica.ALIAS]
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS], connections.databases[replica.ALIAS]


def test_work_out_when_there_is_a_copy_then_the_report_reads_only_that(
    copy, django_assert_num_queries
):
    with CaptureQueriesContext(copy) as asked_copy, django_assert_num_queries(0):
        reports.work_out("activity", periods.latest())

    assert len(asked_copy) == 1


def test_reading_when_over_then_reads_and_writes_are_the_shops_own(copy):
    with replica.reading():
        assert DailyRollup.objects.all().db == replica.ALIAS
        assert DailyRollup.objects.db_manager()._db is None

    assert DailyRollup.objects.all().db == "default"
    assert replica.Router().db_for_write(DailyRollup) == "default"
    assert replica.Router().allow_migrate(replica.ALIAS, "points") is False


def test_work_out_when_the_copy_is_away_then_the_shops_own_database_answers(copy, monkeypatch):
    monkeypatch.setattr(copy, "ensure_connection", _is_away)
    copy.close()

    report = reports.work_out("activity", periods.latest())

    assert report.name == "activity"


def test_ask_when_both_refuse_then_the_fault_is_told(copy):
    with pytest.raises(ProgrammingError if ON_MARIADB else OperationalError):
        replica.ask(lambda: _ask_for_what_is_not_there(copy))


def _is_away():
    raise OperationalError(2003, "Can't connect")


def _ask_for_what_is_not_there(copy):
    link = copy if replica.is_reading() else connections["default"]
    with link.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


@pytest.mark.django_db
def test_reading_when_there_is_no_copy_then_nothing_changes():
    with replica.reading():
        assert DailyRollup.objects.all().db == "default"


def test_production_when_a_copy_is_named_then_reports_are_routed_to_it():
    show = (
        "import mall.settings.production as s; print(sorted(s.DATABASES), "
        "s.DATABASES['replica']['HOST'], s.DATABASE_ROUTERS)"
    )

    answer = start("-c", show, DATABASE_REPLICA_URL="mysql://mall_read:secret@copy.example/mall")

    assert (
        answer.stdout.strip() == "['default', 'replica'] copy.example ['mall.core.replica.Router']"
    )


def test_production_when_the_copy_is_no_mysql_then_one_line_says_so():
    answer = read_settings(DATABASE_REPLICA_URL="sqlite:////tmp/copy.sqlite3")

    assert answer.returncode == 1
    assert "DATABASE_REPLICA_URL is unsafe: the URL begins with mysql://" in answer.stderr
