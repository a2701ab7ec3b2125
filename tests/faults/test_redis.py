"""T9: Redis forgets all, is gone, is frozen, or talks nonsense. Nobody decides by it, so nothing is
decided wrongly.
"""

import os
import socket
import tempfile
import threading
import time
from contextlib import suppress
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test.utils import override_settings

from mall import verification
from mall.redis.circuit_breaker import REST_SECONDS, BreakerRedis
from mall.settings.databases import CACHE_OPTIONS
from orders.models import Order
from points.models import LedgerEntry, PointAccount
from tests.factories.orders import place, virtual_sku
from tests.services import start_redis

pytestmark = pytest.mark.django_db(transaction=True)  # a refusal must leave no trace


@pytest.fixture
def own_redis():
    """A Redis of this test's own, with production's patience; the suite's other tests keep
    theirs.
    """
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        server = start_redis(folder)
        cached = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": server.url,
            "OPTIONS": CACHE_OPTIONS,
        }
        with override_settings(CACHES={"default": cached}):
            yield server
            caches.close_all()
        BreakerRedis.open_until = 0
        server.thaw()
        server.kill()


class Babbler:
    """Listens where Redis did and answers everything with noise."""

    def __init__(self, path):
        os.unlink(path)
        self.ear = socket.socket(socket.AF_UNIX)
        self.ear.bind(path)
        self.ear.listen(64)
        threading.Thread(target=self._babble, daemon=True).start()

    def _babble(self):
        while True:
            try:
                caller, _ = self.ear.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller):
        with caller:
            try:
                while caller.recv(65536):
                    caller.sendall(b"\x00HTTP/1.1 418 teapot\r\n" + os.urandom(64))
            except OSError:
                return


def forget(server):
    """FLUSHALL again and again, until the returned event is set."""
    enough = threading.Event()
    from redis import ConnectionError, Redis

    link = Redis(unix_socket_path=server.url.removeprefix("unix://").partition("?")[0])

    def flush():
        with suppress(ConnectionError):  # the server went before the flushing ended
            while not enough.wait(0.02):
                link.flushall()

    threading.Thread(target=flush, daemon=True).start()
    return enough


@pytest.fixture(params=["forgetful", "gone", "frozen", "babbling"])
def ailing_redis(request, own_redis):
    """Redis in one of four bad moods; a fixture that says ``signed_in_api`` first signs in while it
    is well.
    """

    def fall_ill():
        path = own_redis.url.removeprefix("unix://").partition("?")[0]
        if request.param == "forgetful":
            request.addfinalizer(forget(own_redis).set)
        elif request.param == "frozen":
            own_redis.freeze()
        else:
            own_redis.kill()
            if request.param == "babbling":
                babbler = Babbler(path)
                request.addfinalizer(babbler.ear.close)

    return fall_ill


def buy(caller, sku, key=None):
    body = {"lines": [{"sku": sku.pk, "quantity": 1}]}
    return caller.post(
        "/api/v1/orders", body, format="json", headers={"Idempotency-Key": key or uuid4().hex}
    )


def test_app_when_redis_ails_then_every_decision_is_the_same_and_nothing_breaks(
    ailing_redis, member, signed_in_api
):
    """Trap 14: the balance the cache shows decides nothing, so it may be flushed, away or lying."""
    dear, cheap, last = (
        virtual_sku(points=1_000),
        virtual_sku(points=30),
        virtual_sku(points=1, stock=1),
    )
    ailing_redis()
    caller = signed_in_api

    steps = [
        ("check-in", caller.post("/api/v1/checkins"), 201),
        ("again", caller.post("/api/v1/checkins"), 409),
        ("points", caller.get("/api/v1/points"), 200),
        ("products", caller.get("/api/v1/products"), 200),
        ("too dear", buy(caller, dear), 409),
        ("order", buy(caller, cheap, "once"), 201),
        ("order again", buy(caller, cheap, "once"), 201),
        ("last piece", buy(caller, last), 201),
        ("no piece", buy(caller, last), 409),
        ("orders", caller.get("/api/v1/orders"), 200),
    ]

    assert {name: answer.status_code for name, answer, _ in steps} == {
        name: wanted for name, _, wanted in steps
    }
    credited = sum(
        LedgerEntry.objects.filter(account_id=member.pk, delta__gt=0).values_list(
            "delta", flat=True
        )
    )
    assert PointAccount.objects.get(pk=member.pk).available == credited - 30 - 1
    assert caller.get("/api/v1/points").json()["available"] == credited - 31
    assert Order.objects.count() == 2
    assert verification.verify() == []


def test_pages_when_redis_ails_then_they_open_and_the_session_lives_on(
    ailing_redis, signed_in, member
):
    place(member, virtual_sku(points=1))
    assert signed_in.get("/points/").status_code == 200
    ailing_redis()

    pages = {
        path: signed_in.get(path).status_code
        for path in ("/", "/products/", "/points/", "/orders/", "/checkin/", "/account/")
    }
    pressed = signed_in.post("/checkin/")

    assert set(pages.values()) == {200}, pages
    assert pressed.status_code == 302
    assert LedgerEntry.objects.filter(account_id=member.pk, key__startswith="checkin:").count() == 1


def test_balance_when_the_cache_lies_then_the_ledger_decides(own_redis, member, signed_in_api):
    """Somebody writes another balance under every key that the cache holds."""
    from redis import Redis

    link = Redis(unix_socket_path=own_redis.url.removeprefix("unix://").partition("?")[0])
    signed_in_api.get("/api/v1/points")
    for key in link.keys("*"):
        if link.type(key) == b"hash":
            link.hset(key, mapping={name: 999_999 for name in link.hgetall(key)})

    refused = buy(signed_in_api, virtual_sku(points=5_000))

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        409,
        "insufficient_points",
    )
    assert Order.objects.count() == 0


def test_cache_when_redis_freezes_then_only_the_first_command_waits_for_it(own_redis):
    cache = caches["default"]
    cache.set("a", 1)
    own_redis.freeze()
    started = time.monotonic()
    assert cache.get("a") is None
    waited = time.monotonic() - started

    started = time.monotonic()
    assert [cache.get("a") for _ in range(200)] == [None] * 200
    assert (time.monotonic() - started) / 200 < waited / 10

    own_redis.thaw()
    time.sleep(REST_SECONDS)
    assert cache.get("a") == 1
