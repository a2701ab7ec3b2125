"""Without a shared cache kept facts go by the number in the SQLite file: an edit is seen by the
very next request, of every process that has the file open.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mall.core import file_version
from mall.core.transactions import transactional
from orders.models import CheckoutPolicy
from points import rates, rules

NO_REDIS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ROOT = Path(__file__).resolve().parents[2]
EDIT = """
import django; django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {name!r}
from orders.models import CheckoutPolicy
CheckoutPolicy.objects.filter(pk=1).update(freight=9)
"""
pytestmark = [
    pytest.mark.once(on="sqlite"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the number is SQLite's"),
]


@pytest.fixture(autouse=True)
def in_the_file(settings):
    """The embedded profile's: its cache is its own, and freight costs eight yuan."""
    settings.CACHES = NO_REDIS
    set_freight("8.00")


def set_freight(freight):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": freight})


def statements_of(call):
    with CaptureQueriesContext(connection) as said:
        call()
    return [query["sql"] for query in said.captured_queries]


def test_policy_when_asked_again_then_only_the_number_is_read():
    first, second = statements_of(CheckoutPolicy.current), statements_of(CheckoutPolicy.current)

    assert len(first) == 2
    assert second == ["PRAGMA user_version"]


def test_version_when_a_verb_asks_often_then_the_number_is_read_once():
    def asks():
        return [CheckoutPolicy.current(), rates.current(), rules.active("login")]

    asks()

    said = statements_of(transactional(asks))

    assert [sql for sql in said if "user_version" in sql] == ["PRAGMA user_version"]
    assert not any("SELECT" in sql for sql in said)


def test_policy_when_edited_then_the_next_one_asked_is_new():
    before = CheckoutPolicy.current().freight

    set_freight("9.00")

    assert (before, CheckoutPolicy.current().freight) == (8, 9)


def test_policy_when_another_process_edits_it_then_the_very_next_request_sees_it():
    before = CheckoutPolicy.current().freight
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mall.settings.test"}
    command = [sys.executable, "-c", EDIT.format(name=name)]

    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    assert (before, CheckoutPolicy.current().freight) == (8, 9)


def test_policy_when_the_edit_is_taken_back_then_nobody_ever_saw_it():
    CheckoutPolicy.current()
    number = file_version.read()

    with transaction.atomic():
        set_freight("9.00")
        inside = CheckoutPolicy.current().freight, file_version.read()
        transaction.set_rollback(True)

    assert inside[0] == 9 and inside[1] != number
    assert (CheckoutPolicy.current().freight, file_version.read()) == (8, number)
