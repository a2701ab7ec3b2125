"""The real command (ops/serve) with its parts frozen, and with its processes killed under load."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mall.monitoring.inquiry import KEPT_SECONDS
from tests.faults.shop import TOKEN, Shop
from tests.faults.test_killed import copy_tables
from tests.services import start_mariadb, start_redis

pytestmark = [pytest.mark.mariadb, pytest.mark.timeout(200)]
PROBES = 48  # three for every thread of the shop
PROMISED_SECONDS = 2
BUSY_MACHINE = 2  # the tests' own 48 threads and the shop share two cores
VISITORS = 12
DISK_MIB = 800
CRASH_LOOP_SECONDS = 5.5  # granian 2.8.7 gives up when a new process dies within these


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A folder on a disk of its own, where this machine lets us mount one."""
    folder = tmp_path_factory.mktemp("s")
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder],
            capture_output=True,
        ).returncode
    )
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def shop(small_disk, django_db_setup, django_db_blocker):
    """A shop of this module's own, with the tables of the test database."""
    folder = small_disk
    database, redis = start_mariadb(folder), start_redis(folder)
    with django_db_blocker.unblock():
        copy_tables(database)
    served = Shop(folder, database, redis)
    try:
        yield served.open()
    finally:
        for server in (database, redis):
            server.thaw()
        served.close()
        for server in (database, redis):
            server.kill()


@pytest.fixture
def frozen(request, shop):
    """frozen("redis"): stop that server until the test is over, once what was kept of it is old."""

    def freeze(name):
        server = getattr(shop, name)
        server.freeze()
        request.addfinalizer(lambda: shop.wait_until(lambda: shop.get("/readyz")[0] == 200))
        request.addfinalizer(server.thaw)
        time.sleep(KEPT_SECONDS)

    return freeze


def probe_together(shop, path="/readyz"):
    with ThreadPoolExecutor(PROBES) as probes:
        return list(probes.map(lambda _: shop.get(path), range(PROBES)))


def test_readyz_when_redis_is_frozen_then_every_probe_is_answered_and_pages_open(shop, frozen):
    frozen("redis")

    first, again = probe_together(shop), probe_together(shop)
    page = shop.get("/products/")

    assert {status for status, _body, _seconds in first + again} == {200}
    assert (
        max(seconds for _status, _body, seconds in first + again) < PROMISED_SECONDS * BUSY_MACHINE
    )
    assert page[0] == 200
    told = json.loads(again[-1][1])
    assert (told["status"], told["database"], told["cache"]) == ("degraded", "ok", "unreachable")
    assert told["broker"] in ("unreachable", "no answer")


def test_readyz_when_the_database_is_frozen_then_every_probe_says_closed(shop, frozen):
    frozen("database")

    first, again = probe_together(shop), probe_together(shop)

    assert (
        max(seconds for _status, _body, seconds in first + again) < PROMISED_SECONDS * BUSY_MACHINE
    )
    assert {status for status, _body, _seconds in again} == {503}
    assert json.loads(again[-1][1])["database"] in ("no answer", "unreachable")
    assert shop.get("/healthz")[0] == 200


def test_readyz_when_probed_by_many_then_each_process_asks_once_in_two_seconds(shop):
    import MySQLdb

    def connections_made():
        link = MySQLdb.connect(
            user="root", unix_socket=shop.database.url.partition("unix_socket=")[2]
        )
        with link.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Connections'")
            found = int(cursor.fetchone()[1])
        link.close()
        return found

    before, began = connections_made(), time.monotonic()
    probe_together(shop)
    probe_together(shop)
    rounds = (time.monotonic() - began) / KEPT_SECONDS + 1

    assert connections_made() - before - 1 <= 2 * rounds


@pytest.mark.parametrize(
    "claimed",
    [{"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.7"}, {"Via": "1.1 somewhere"}],
)
def test_readyz_when_a_stranger_comes_through_a_proxy_then_the_page_is_not_there(shop, claimed):
    assert shop.get("/readyz", headers=claimed)[0] == 404
    assert shop.get("/readyz", headers=claimed, token=TOKEN)[0] == 200
    assert shop.get("/readyz")[0] == 200


def test_readyz_when_the_disk_of_the_database_is_nearly_full_then_closes(shop, small_disk, request):
    if not small_disk.is_mount():
        pytest.skip("this machine lets us mount no disk to fill")
    ballast = small_disk / "ballast"
    request.addfinalizer(lambda: shop.wait_until(lambda: shop.get("/readyz")[0] == 200))
    request.addfinalizer(ballast.unlink)
    with ballast.open("wb") as file:
        os.posix_fallocate(
            file.fileno(), 0, shutil.disk_usage(small_disk).free - DISK_MIB * 2**20 // 25
        )
    time.sleep(KEPT_SECONDS)

    status, told, _seconds = shop.get("/readyz")

    assert (status, json.loads(told)["database"], json.loads(told)["disk"]) == (
        503,
        "ok",
        "nearly full",
    )


class Visitors:
    """VISITORS who each ask one page after the other, on connections of their own."""

    def __init__(self, shop, path):
        self.shop, self.path, self.enough = shop, path, threading.Event()
        self.answers = [[] for _ in range(VISITORS)]
        self.threads = [
            threading.Thread(target=self._visit, args=(mine,), daemon=True) for mine in self.answers
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        for thread in self.threads:
            thread.join(30)

    def _visit(self, mine):
        while not self.enough.is_set():
            mine.append(self.shop.get(self.path)[0])

    def served(self):
        return sum(len(mine) for mine in self.answers)

    def lost(self):
        return sum(status == 0 for mine in self.answers for status in mine)


@pytest.mark.parametrize("deaths", [1, pytest.param(6, marks=pytest.mark.long)])
def test_worker_when_killed_under_load_then_replaced_and_only_requests_in_flight_fail(shop, deaths):
    shop.wait_until(lambda: len(shop.serving()) == 2)

    with Visitors(shop, "/products/") as visitors:
        for death in range(deaths):
            time.sleep(CRASH_LOOP_SECONDS if death else 0)
            lost, seen, victim = visitors.lost(), visitors.served(), min(shop.serving())
            os.kill(victim, signal.SIGKILL)
            shop.wait_until(lambda victim=victim: len(shop.serving() - {victim}) == 2)
            shop.wait_until(lambda seen=seen: visitors.served() > seen + 3 * VISITORS)
            assert visitors.lost() - lost <= VISITORS

    assert {status for mine in visitors.answers for status in mine} <= {0, 200}


@pytest.mark.long
def test_workers_when_all_are_killed_then_the_shop_opens_again_by_itself(shop):
    shop.wait_until(lambda: len(shop.serving()) == 2)
    time.sleep(CRASH_LOOP_SECONDS)
    before, master = shop.workers(), shop.process.pid
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    shop.wait_until(lambda: len(shop.serving() - before) == 2)

    assert shop.get("/readyz")[0] == 200
    assert (shop.process.pid, shop.process.poll()) == (master, None)
