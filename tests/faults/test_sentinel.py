"""The master that sentinels watch is killed: cache and broker go on with the next one, and pages
open meanwhile.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from celery import Celery
from django.core.cache import caches
from django.test.utils import override_settings
from django_redis.pool import ConnectionFactory
from kombu.exceptions import OperationalError as BrokerError

from mall.core.models import JobRun
from mall.monitoring import readiness
from mall.redis import sentinel
from mall.redis.circuit_breaker import BreakerRedis
from mall.settings.base import CELERY_BROKER_TRANSPORT_OPTIONS
from mall.settings.databases import CACHE_OPTIONS
from tests.conftest import ROOT
from tests.mall.test_production import GOOD, read_settings
from tests.sentinels import NAME, SECRET, Watch
from tests.waiting import eventually

FAILOVER_SECONDS = 150  # a bound for a machine that does other things too; alone it takes 4


# --- the URL ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sentinel://a:26379/0", "name the master"),
        ("sentinel://a:26379/0?master=", "name the master"),
        ("sentinel://a:26379;sentinel://b:26379/0", "name the sentinels"),
        ("sentinel:///0?master=mall", "name the sentinels"),
        ("sentinel://a:26379,/0?master=mall", "name the sentinels"),
        ("sentinel://a:port/0?master=mall", "name the sentinels"),
        ("sentinel://a:26379/x?master=mall", "the database is a number"),
        ("sentinel://a:26379/0?master=mall&sentinal_password=x", "sentinal_password is no option"),
    ],
)
def test_production_when_a_sentinel_url_cannot_work_then_says_why_in_one_line_of_each(url, said):
    refused = read_settings(BROKER_URL=url, REDIS_URL=url)

    complaints = [line.strip() for line in refused.stderr.strip().splitlines()[1:]]
    assert refused.returncode == 1
    assert sorted(line.partition(" ")[0] for line in complaints) == ["BROKER_URL", "REDIS_URL"]
    assert all(said in line for line in complaints)


def test_production_when_sentinels_are_named_then_it_starts():
    url = "sentinel://:word@a:26379,[::1]:26380,c/0?master=mall"

    assert read_settings(REDIS_URL=url, BROKER_URL=url.replace("/0", "/1")).stdout == "False\n"


def test_read_when_a_url_says_everything_then_so_does_the_group():
    group = sentinel.read(
        "sentinel://shop:a%40b@one:1,[::1]:2,three/4?master=My_Mall&sentinel_password=c%26d"
    )

    assert group == sentinel.Group(
        (("one", 1), ("::1", 2), ("three", 26379)), "My_Mall", 4, "shop", "a@b", "c&d"
    )
    assert group.sentinel_options["password"] == "c&d"
    address, options = sentinel.broker(
        "sentinel://shop:a%40b@one:1,[::1]:2/4?master=My_Mall", {"visibility_timeout": 300}
    )
    assert address == "sentinel://shop:a%40b@one:1/4;sentinel://shop:a%40b@[::1]:2/4"
    assert (options["master_name"], options["visibility_timeout"]) == ("My_Mall", 300)


# --- a real master, killed ----------------------------------------------------------
@pytest.fixture
def watch(tmp_path):
    started = Watch(tmp_path)
    cached = sentinel.cache(started.url(), CACHE_OPTIONS)
    with override_settings(CACHES={"default": cached}):
        yield started
        caches.close_all()
    # django-redis keeps pools by the master's name, with the sentinels it was first found by
    ConnectionFactory._pools.clear()
    BreakerRedis.open_until = 0
    started.stop()


@pytest.fixture
def broker(watch):
    """A Celery application on the watched broker, as production makes one."""
    address, options = sentinel.broker(watch.url(1), CELERY_BROKER_TRANSPORT_OPTIONS)
    return Celery(
        broker=address,
        broker_transport_options=options,
        task_ignore_result=True,
        set_as_current=False,
    )


@pytest.fixture
def worker(watch, environment_of_test, tmp_path):
    """A real worker in the production profile, on this test's database and the watched Redis."""
    environment = {
        **environment_of_test, **GOOD,
        "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
        "DATABASE_URL": environment_of_test["MALL_TEST_DATABASE_URL"],
        "REDIS_URL": watch.url(), "BROKER_URL": watch.url(1),
        "PAYMENT_PROVIDERS": "sandbox", "PAYMENT_SANDBOX": "allow",
    }  # fmt: skip
    log = tmp_path / "worker.log"
    with log.open("wb") as words:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "mall",
            "worker",
            "--concurrency",
            "1",
            "-n",
            "watched@test",
            "-l",
            "info",
        ]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=words, stderr=words, process_group=0
        )
    assert eventually(lambda: b"ready." in log.read_bytes(), seconds=90), log.read_text()[-2000:]
    yield log
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ask_for(broker, name) -> bool:
    """Send a job's message as beat does; whether the broker took it."""
    try:
        with broker.connection_for_write() as link:
            broker.send_task("mall.run_job", (name,), connection=link, retry=False)
    except (BrokerError, OSError):
        return False
    return True


def is_done(name):
    return JobRun.objects.filter(job=name, finished_at__isnull=False).exists()


@pytest.mark.mariadb
@pytest.mark.own_servers
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_shop_when_the_master_is_killed_then_the_next_one_serves_cache_and_broker_and_no_page_fails(
    watch, broker, worker, client, monkeypatch
):
    cache = caches["default"]
    cache.set("before", 1, 600)
    assert cache.get("before") == 1
    assert ask_for(broker, "expire-points")
    assert eventually(lambda: is_done("expire-points"))
    for name in ("expire-coupons", "reassess-tiers"):
        assert ask_for(broker, name)
        # What Redis had just handed out when it died is nobody's: the clock asks again by itself.
        assert eventually(lambda name=name: is_done(name))
    assert watch.link().execute_command("WAIT", 1, 2000) == 1  # what was taken is on the copy too

    monkeypatch.setattr(readiness, "app", broker)
    assert (readiness.ask_cache(), readiness.ask_broker()) == ({"cache": "ok"}, {"broker": "ok"})

    old, killed_at = watch.kill_master(), time.monotonic()
    assert readiness.ask_broker() == {"broker": "unreachable"}

    statuses, cached_after, took = [], None, None
    while time.monotonic() - killed_at < FAILOVER_SECONDS and not (cached_after and took):
        statuses.append(client.get("/products/").status_code)
        with suppress(Exception):
            cache.set("after", 2, 600)
        if cached_after is None and cache.get("after") == 2:
            cached_after = time.monotonic() - killed_at
        if took is None and ask_for(broker, "refresh-popularity"):
            took = time.monotonic() - killed_at

    print(f"cache after {cached_after} s, broker after {took} s, {len(statuses)} pages")  # noqa: T201 - the measure
    assert set(statuses) == {200}
    assert cached_after and took
    assert watch.master() != old
    assert (readiness.ask_cache(), readiness.ask_broker()) == ({"cache": "ok"}, {"broker": "ok"})
    assert cache.get("before") == 1
    for name in ("expire-coupons", "reassess-tiers", "refresh-popularity"):
        assert eventually(lambda name=name: is_done(name), seconds=60), worker.read_text()[-3000:]
    assert set(JobRun.objects.values_list("attempts", flat=True)) == {1}


def test_cache_when_a_sentinel_is_dead_and_another_frozen_then_the_third_is_asked_in_a_moment(
    watch,
):
    watch.watchers[0].kill()
    watch.watchers[1].freeze()
    began = time.monotonic()

    with caches["default"].client.get_client().client() as link:
        assert link.ping()

    assert time.monotonic() - began < 4  # redis-py's own patience with a dead one alone is longer
    assert (sentinel.read(watch.url()).master, sentinel.read(watch.url()).password) == (
        NAME,
        SECRET,
    )
    watch.watchers[1].thaw()
