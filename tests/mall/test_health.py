"""What a load balancer hears when parts are missing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import override_settings

from mall.core import clock
from mall.core.models import JobRun
from mall.monitoring import readiness
from tests.full_redis import fill, make_copy
from tests.mall.test_limits import DEAD_REDIS

pytestmark = pytest.mark.django_db
TOKEN = "token-of-the-watcher"


@pytest.fixture(autouse=True)
def _asked_anew():
    """Nothing of another test is kept."""
    readiness.inquiry.forget()


def test_healthz_when_asked_by_a_stranger_then_ok(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_when_all_is_well_then_names_every_part(client):
    readiness.start()  # as the server does: reading the migrations may outlast the first answer
    readiness.inquiry.forget()

    answer = client.get("/readyz")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "disk": "ok",
        "cache": "ok",
        "broker": "ok",
        "ledger": "ok",
    }


def test_readyz_when_redis_is_gone_then_still_takes_visitors(client):
    with override_settings(CACHES=DEAD_REDIS):
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["cache"]) == ("degraded", "unreachable")


@pytest.mark.parametrize(
    ("environ", "open_to"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        ({"REMOTE_ADDR": "::ffff:198.51.100.7"}, False),
        ({"REMOTE_ADDR": "172.28.7.9"}, True),
        ({"REMOTE_ADDR": "172.28.8.9"}, False),
        ({"REMOTE_ADDR": "198.51.100.7"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"REMOTE_ADDR": "172.28.7.9", "HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ({"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}, True),
        ({"REMOTE_ADDR": "198.51.100.7", "HTTP_AUTHORIZATION": "Bearer guess"}, False),
    ],
)
def test_readyz_when_asked_then_there_only_for_insiders_and_who_carries_the_token(
    client, settings, environ, open_to
):
    settings.METRICS_TOKEN, settings.TRUSTED_PROXIES = TOKEN, ["172.28.7.0/24", "*", "nginx"]

    assert client.get("/readyz", **environ).status_code == (200 if open_to else 404)


@pytest.mark.parametrize("carried", ["", "Bearer ", "Bearer None"])
def test_readyz_when_no_token_is_set_then_an_empty_one_opens_nothing(client, settings, carried):
    settings.METRICS_TOKEN = ""

    assert (
        client.get("/readyz", REMOTE_ADDR="198.51.100.7", HTTP_AUTHORIZATION=carried).status_code
        == 404
    )


def test_readyz_when_asked_again_within_two_seconds_then_nothing_is_asked_again(client):
    client.get("/readyz")
    with override_settings(CACHES=DEAD_REDIS):
        kept = client.get("/readyz").json()["cache"]
        readiness.inquiry.forget()
        anew = client.get("/readyz").json()["cache"]

    assert (kept, anew) == ("ok", "unreachable")


@pytest.mark.parametrize("ail", [fill, make_copy])
def test_readyz_when_redis_reads_and_refuses_to_write_then_says_so(client, own_redis, ail):
    assert client.get("/readyz").json()["cache"] == "ok"
    readiness.inquiry.forget()
    ail(own_redis)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"], answer.json()["cache"]) == (
        200,
        "degraded",
        "refuses writes",
    )


@pytest.mark.django_db(transaction=True)
def test_readyz_when_a_migration_waits_then_closes(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mall'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["database"]) == (
        "unavailable",
        "migrations pending",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("hours", "state"), [(20, "ok"), (40, "not checked lately")])
def test_readyz_when_the_books_were_checked_hours_ago_then_says_so(client, hours, state):
    moment = clock.now() - timedelta(hours=hours)
    JobRun.objects.create(
        job="verify-ledger", period="2026-11-20", finished_at=moment, created_at=moment
    )

    assert client.get("/readyz").json()["ledger"] == state


@pytest.mark.django_db(transaction=True)
def test_readyz_when_the_last_check_found_a_mismatch_then_says_so(client):
    JobRun.objects.create(job="verify-ledger", period="2026-11-20", outcome="failed")

    assert client.get("/readyz").json()["ledger"] == "not checked lately"
