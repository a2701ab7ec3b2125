"""What a load balancer hears when parts are missing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import override_settings

from mall import clock
from mall.models import JobRun
from tests.mall.test_limits import DEAD_REDIS

pytestmark = pytest.mark.django_db


def test_healthz_when_asked_by_a_stranger_then_ok(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_when_all_is_well_then_names_every_part(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "disk": "ok", "cache": "ok", "broker": "ok", "ledger": "ok"}


def test_readyz_when_redis_is_gone_then_still_takes_visitors(client):
    with override_settings(CACHES=DEAD_REDIS):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["cache"]) == ("degraded", "unreachable")


def test_readyz_when_a_migration_waits_then_closes(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mall'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]) == ("unavailable", "migrations pending")


@pytest.mark.parametrize(("hours", "state"), [(20, "ok"), (40, "not checked lately")])
def test_readyz_when_the_books_were_checked_hours_ago_then_says_so(client, hours, state):
    moment = clock.now() - timedelta(hours=hours)
    JobRun.objects.create(job="verify-ledger", period="2026-11-20", finished_at=moment, created_at=moment)

    assert client.get("/readyz").json()["ledger"] == state


def test_readyz_when_the_last_check_found_a_mismatch_then_says_so(client):
    JobRun.objects.create(job="verify-ledger", period="2026-11-20", outcome="failed")

    assert client.get("/readyz").json()["ledger"] == "not checked lately"
