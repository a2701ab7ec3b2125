"""The gate in front of a flash item wrong, empty, slow, lying or gone: the database decides all the
same.

Source: docs/ledger.md; docs/reliability.md T9; trap 14 of docs/product.md.
"""

import socket
import tempfile
import threading
import time

import pytest
from django.core.cache import caches

from accounts.registration import register
from catalog import stock_buckets
from catalog.errors import SoldOut
from mall.redis.circuit_breaker import BreakerRedis
from mall.settings.databases import CACHE_OPTIONS
from mall.verification.flash import verify_flash
from orders import lifecycle
from orders.errors import FlashLimitReached
from orders.flash import gate, pool
from orders.flash import redemption as flash
from orders.flash.gate import Answer
from orders.models import FlashClaim
from tests.factories import flash as factory
from tests.factories.flash import grab
from tests.services import start_redis

pytestmark = pytest.mark.django_db(transaction=True)


def cache_at(url):
    return {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": url,
            "OPTIONS": CACHE_OPTIONS,
        }
    }


def close_breaker():
    BreakerRedis.open_until = 0.0


@pytest.fixture(autouse=True)
def _nothing_remembered():
    pool._sold_out.clear()
    close_breaker()
    yield
    pool._sold_out.clear()
    close_breaker()
    assert verify_flash() == []


@pytest.fixture
def own_redis(settings):
    """A Redis of this test's own, to be stopped, frozen and flushed."""
    with tempfile.TemporaryDirectory(prefix="gate", dir="/tmp") as folder:
        server = start_redis(folder)
        settings.CACHES = cache_at(server.url)
        yield server
        server.thaw()
        server.kill()


@pytest.fixture
def buyers(db):
    return [
        register(username=f"buyer{n}", email=f"buyer{n}@example.com", password="x" * 12)
        for n in range(6)
    ]


def sell_out(item, buyers):
    """Let everybody try once; returns how many got one and how long the slowest waited."""
    got, slowest = 0, 0.0
    for number, user in enumerate(buyers):
        begun = time.monotonic()
        try:
            grab(user, item, key=f"try-{number}")
            got += 1
        except SoldOut:
            pass
        slowest = max(slowest, time.monotonic() - begun)
    return got, slowest


# --- the gate by itself -----------------------------------------------------------
def test_enter_when_pieces_are_counted_then_so_many_come_in(own_redis):
    gate.fill(7, 2)

    said = [gate.enter(7, user, 1, f"key-{user}") for user in range(4)]

    assert said == [Answer.IN, Answer.IN, Answer.LOOK, Answer.OUT]


def test_enter_when_the_same_request_knocks_again_then_in_and_counted_once(own_redis):
    gate.fill(7, 2)

    said = [
        gate.enter(7, 1, 1, "key"),
        gate.enter(7, 1, 1, "key"),
        gate.enter(7, 1, 1, "another"),
        gate.enter(7, 2, 1, "key"),
    ]

    assert said == [Answer.IN, Answer.IN, Answer.KNOWN, Answer.IN]


def test_leave_when_a_place_was_not_used_then_the_next_gets_it(own_redis):
    gate.fill(7, 1)
    gate.enter(7, 1, 1, "key")

    gate.leave(7, 1, 1, "key")
    gate.leave(7, 1, 1, "key")  # once

    assert [gate.enter(7, user, 1, "other") for user in (2, 3)] == [Answer.IN, Answer.LOOK]


def test_enter_when_nothing_is_counted_then_one_looks_and_others_pass(own_redis):
    assert [gate.enter(7, user, 1, "key") for user in range(3)] == [
        Answer.LOOK,
        Answer.IN,
        Answer.IN,
    ]


# --- wrong ------------------------------------------------------------------------
@pytest.mark.parametrize("counted", [0, 1, 54, -46, "nonsense"])
def test_redeem_when_the_count_is_wrong_then_exactly_the_stock_is_sold(own_redis, buyers, counted):
    item = factory.item(stock=4)
    gate.fill(item.pk, counted)

    deadline, got = time.monotonic() + 10, 0
    while got < 4 and time.monotonic() < deadline:
        got += sell_out(item, [user for user in buyers if not flash.had(user, [item.pk])])[0]

    assert (got, sum(stock_buckets.levels([item.pk])[item.pk])) == (4, 0)
    with pytest.raises(SoldOut):
        grab(next(user for user in buyers if not flash.had(user, [item.pk])), item, key="late")


def test_redeem_when_the_gate_says_sold_out_too_early_then_mended_within_two_seconds(
    own_redis, buyers
):
    item = factory.item(stock=4)
    gate.fill(item.pk, 0)
    gate.enter(item.pk, 10**6, 1, "somebody looked just now")

    begun = time.monotonic()
    while True:
        try:
            grab(buyers[0], item, key="key")
            break
        except SoldOut:
            assert time.monotonic() - begun < 2
            time.sleep(0.05)


def test_redeem_when_the_gate_knows_the_buyer_wrongly_then_the_database_is_asked(own_redis, buyers):
    """A lease of an attempt that died: not 'already yours' to somebody who has nothing."""
    item = factory.item(stock=4)
    gate.fill(item.pk, 4)
    gate.enter(item.pk, buyers[0].pk, 1, "an attempt that died")

    assert grab(buyers[0], item, key="key").pk
    with pytest.raises(FlashLimitReached):
        grab(buyers[0], item, key="again")


def test_cancel_when_the_gate_had_closed_then_it_opens_for_the_next(own_redis, buyers):
    item = factory.item(stock=1)
    order = grab(buyers[0], item, key="key")
    with pytest.raises(SoldOut):
        grab(buyers[1], item, key="key")

    lifecycle.cancel(order, actor="test")

    assert grab(buyers[1], item, key="key").pk


# --- gone -------------------------------------------------------------------------
def test_redeem_when_redis_is_flushed_between_all_attempts_then_exactly_the_stock_is_sold(
    own_redis, buyers
):
    item = factory.item(stock=4)
    got = 0
    for user in buyers:
        caches["default"].clear()
        got += sell_out(item, [user])[0]

    assert got == 4


@pytest.mark.parametrize("fault", ["killed", "frozen"])
def test_redeem_when_redis_is_away_then_only_slower(own_redis, buyers, fault):
    item = factory.item(stock=4)
    grab(buyers[0], item, key="before")
    own_redis.kill() if fault == "killed" else own_redis.freeze()

    got, slowest = sell_out(item, buyers[1:])

    assert got == 3
    assert slowest < 2  # the first waits for the time-out, the others do not ask for a while
    assert FlashClaim.objects.count() == 4


def test_redeem_when_redis_comes_back_then_it_is_asked_again(own_redis, buyers):
    item = factory.item(stock=4)
    own_redis.freeze()
    grab(buyers[0], item, key="key")
    own_redis.thaw()
    close_breaker()

    gate.fill(item.pk, 0)

    assert gate.enter(item.pk, 10**6, 1, "key") in (Answer.LOOK, Answer.OUT)


def test_enter_when_something_else_answers_in_its_place_then_everybody_comes_in(settings):
    """Not a word of it is the protocol."""
    with socket.create_server(("127.0.0.1", 0)) as liar:

        def lie():
            while True:
                try:
                    caller, _address = liar.accept()
                except OSError:
                    return
                caller.sendall(b"HTTP/1.1 418 I'm a teapot\r\n\r\n" * 3)

        threading.Thread(target=lie, daemon=True).start()
        settings.CACHES = cache_at(f"redis://127.0.0.1:{liar.getsockname()[1]}/0")

        assert [gate.enter(7, user, 1, "key") for user in range(3)] == [Answer.IN] * 3
        close_breaker()
        gate.leave(7, 1, 1, "key")


def test_redeem_when_there_is_no_redis_at_all_then_the_database_does_it(settings, buyers):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "gateless",
        }
    }

    assert sell_out(factory.item(stock=4), buyers)[0] == 4
