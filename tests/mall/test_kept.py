"""Kept facts: an edit is seen by the very next request, of every process; without Redis nothing is
kept.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import freight
from mall.core import clock, kept, replica, shared_redis
from mall.core.transactions import transactional
from orders.models import CheckoutPolicy
from points import rates, rules
from points.models import ExchangeRate, PointsPolicy, Rule

NO_REDIS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
needs_redis = pytest.mark.skipif(
    "django_redis" not in configured.CACHES["default"]["BACKEND"], reason="keeps nothing"
)
pytestmark = [pytest.mark.django_db(transaction=True), needs_redis]

ASKED_ALWAYS = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="kept by the number in its file: test_file_version.py"
)


def asked(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def in_another_process(code):
    """Run code as an operator's shell elsewhere would, on the same database and Redis."""
    name = connection.settings_dict["NAME"]
    script = (
        "import django; django.setup()\n"
        "from django.db import connections\n"
        f"connections['default'].settings_dict['NAME'] = {name!r}\n"
        f"{code}"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "mall.settings.test"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def set_freight(freight):
    CheckoutPolicy.objects.update_or_create(pk=1, defaults={"freight": freight})


def test_policy_when_asked_again_then_the_database_is_not():
    set_freight("8.00")

    first, second = asked(CheckoutPolicy.current), asked(CheckoutPolicy.current)

    assert (first, second) == (1, 0)
    assert CheckoutPolicy.current() is not CheckoutPolicy.current()


@pytest.mark.parametrize(
    "edit",
    [
        lambda: set_freight("9.00"),
        lambda: CheckoutPolicy.objects.filter(pk=1).update(freight="9.00"),
        lambda: CheckoutPolicy.objects.bulk_update([CheckoutPolicy(pk=1, freight=9)], ["freight"]),
    ],
    ids=["saved", "updated", "in bulk"],
)
def test_policy_when_edited_then_the_next_one_asked_is_new(edit):
    set_freight("8.00")
    before = CheckoutPolicy.current().freight

    edit()

    assert (before, CheckoutPolicy.current().freight) == (8, 9)


def test_policy_when_another_process_edits_it_then_the_very_next_request_sees_it():
    set_freight("8.00")
    before = CheckoutPolicy.current().freight

    in_another_process(
        "from orders.models import CheckoutPolicy\n"
        "policy = CheckoutPolicy.current()\n"
        "policy.freight = 9\n"
        "policy.save()\n"
    )

    assert (before, CheckoutPolicy.current().freight) == (8, 9)


def test_policy_when_the_edit_is_taken_back_then_nobody_ever_saw_it():
    set_freight("8.00")
    CheckoutPolicy.current()

    with transaction.atomic():
        set_freight("9.00")
        inside = CheckoutPolicy.current().freight
        transaction.set_rollback(True)

    assert (inside, CheckoutPolicy.current().freight) == (9, 8)


def test_version_when_a_verb_asks_often_then_the_cache_is_asked_once(monkeypatch):
    set_freight("8.00")
    CheckoutPolicy.current()
    asked, ask = [], shared_redis.as_stored
    monkeypatch.setattr(shared_redis, "as_stored", lambda keys: (asked.append(keys), ask(keys))[1])

    transactional(
        lambda: [
            CheckoutPolicy.current(), rates.current(), rules.active("login"), freight.templates(),
        ]
    )()  # fmt: skip

    assert asked == [(kept.VERSION_KEY,)]


def test_policy_when_redis_loses_the_version_then_it_is_read_anew():
    set_freight("8.00")
    CheckoutPolicy.current()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_checkoutpolicy SET freight = 9")  # nobody is told

    kept_still = CheckoutPolicy.current().freight
    cache.delete(kept.VERSION_KEY)

    assert (kept_still, CheckoutPolicy.current().freight) == (8, 9)


def test_policy_when_redis_did_not_take_the_news_then_the_next_request_tells_it(monkeypatch):
    set_freight("8.00")
    CheckoutPolicy.current()
    old = cache.get(kept.VERSION_KEY)
    monkeypatch.setattr(cache, "set", lambda *args, **kwargs: None)  # as django-redis says
    set_freight("9.00")
    monkeypatch.undo()
    unheard = cache.get(kept.VERSION_KEY)

    CheckoutPolicy.current()

    assert unheard == old != cache.get(kept.VERSION_KEY)


@ASKED_ALWAYS
def test_policy_when_there_is_no_shared_cache_then_the_database_is_asked(settings):
    settings.CACHES = NO_REDIS

    assert [asked(CheckoutPolicy.current) for _ in range(2)] == [1, 1]


@ASKED_ALWAYS
def test_policy_when_there_is_no_shared_cache_then_a_verb_asks_once_and_sees_its_own_edit(settings):
    settings.CACHES = NO_REDIS
    set_freight("8.00")
    seen = []

    def verb():
        seen.append(asked(lambda: [CheckoutPolicy.current() for _ in range(2)]))
        set_freight("9.00")
        seen.append(CheckoutPolicy.current().freight)

    transactional(verb)()

    assert seen == [1, 9]
    assert asked(CheckoutPolicy.current) == 1


def test_policy_when_a_copy_of_the_database_is_read_then_it_is_not_kept(monkeypatch):
    set_freight("8.00")
    monkeypatch.setattr(replica, "is_reading", lambda: True)

    assert [asked(CheckoutPolicy.current) for _ in range(2)] == [1, 1]


def test_rate_and_rules_when_edited_then_seen_at_once():
    now = clock.now()
    before = (rates.current().points_per_yuan, rules.active("login").limit_of_day)

    ExchangeRate.objects.create(points_per_yuan=321, effective_from=now)
    PointsPolicy.objects.update_or_create(pk=1, defaults={"earned_per_day_max": 77})
    during = (rates.current().points_per_yuan, rules.active("login").limit_of_day)
    Rule.objects.filter(action="login").update(status=Rule.Status.PAUSED)

    assert before != during == (321, 77)
    assert rules.active("login") is None
