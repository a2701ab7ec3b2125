"""The limiter counts exactly, and what it does when its counters are gone."""

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from django.test.utils import override_settings
from django.utils import translation

from mall.core.limits import TooOften, guard, limit

pytestmark = pytest.mark.usefixtures("standing_clock")

DEAD_REDIS = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "unix:///nowhere/r.sock?db=0",
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.2,
            "SOCKET_TIMEOUT": 0.2,
            "IGNORE_EXCEPTIONS": True,
        },
    }
}


@pytest.fixture
def request_of():
    def made(address="192.0.2.1"):
        return RequestFactory().post("/", REMOTE_ADDR=address)

    return made


@pytest.fixture
def dead_redis():
    with override_settings(CACHES=DEAD_REDIS):
        yield
    caches.close_all()


def test_limit_when_too_fast_then_says_how_long_to_wait(request_of):
    for _ in range(5):
        limit(request_of(), "door", "5/m")

    with pytest.raises(TooOften) as refused:
        limit(request_of(), "door", "5/m")

    assert 1 <= refused.value.numbers["seconds"] <= 60


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "1 seconds"), (120, "120 seconds"), (121, "3 minutes"), (2999, "50 minutes")],
)
def test_too_often_when_the_wait_is_long_then_told_in_minutes(seconds, told):
    with translation.override("en"):
        assert (
            str(TooOften(seconds=seconds)) == f"That was a little fast. Please try again in {told}."
        )
    assert TooOften(seconds=seconds).retry_after_seconds == seconds


def test_limit_when_another_caller_or_door_then_counts_apart(request_of):
    limit(request_of(), "door", "1/m")

    limit(request_of("192.0.2.2"), "door", "1/m")
    limit(request_of(), "other door", "1/m")


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:2:aaaa:bbbb:cccc:dddd"), ("192.0.2.1", "::ffff:192.0.2.1")],
)
def test_limit_when_a_stranger_changes_the_address_within_the_network_then_counted_together(
    request_of, first, second
):
    limit(request_of(first), "door", "1/m")

    with pytest.raises(TooOften):
        limit(request_of(second), "door", "1/m")
    with pytest.raises(TooOften):
        guard(request_of(second), "door", "1/m")


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.2")],
)
def test_limit_when_strangers_are_of_two_networks_then_counted_apart(request_of, first, second):
    limit(request_of(first), "door", "1/m")

    limit(request_of(second), "door", "1/m")


@pytest.mark.django_db
def test_api_when_a_stranger_changes_the_ipv6_address_each_time_then_429_all_the_same(api):
    answers = [
        api.get("/api/v1/categories", REMOTE_ADDR=f"2001:db8:1:2::{n:x}").status_code
        for n in range(101)
    ]

    assert answers == [200] * 100 + [429]
    assert api.get("/api/auth/app/v1/config", REMOTE_ADDR="2001:db8:1:2::ffff").status_code == 429
    assert api.get("/api/v1/categories", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_limit_when_the_same_key_comes_again_then_it_is_one_knock(request_of):
    for _ in range(3):
        limit(request_of(), "door", "1/m", once="order 1")

    for _ in range(2):  # what was refused is no known knock the next time
        with pytest.raises(TooOften):
            limit(request_of(), "door", "1/m", once="order 2")
    limit(request_of("192.0.2.2"), "door", "1/m", once="order 2")


def test_limit_when_many_knock_at_once_then_exactly_the_allowed_pass(request_of, run_threads):
    outcomes = run_threads(32, lambda: limit(request_of(), "door", "5/m"))

    assert sum(outcome is None for outcome in outcomes) == 5
    assert sum(isinstance(outcome, TooOften) for outcome in outcomes) == 27


def test_limit_when_redis_is_gone_then_browsing_passes(request_of, dead_redis):
    for _ in range(3):
        limit(request_of(), "door", "1/m")


@pytest.mark.django_db
def test_sign_in_when_redis_is_gone_then_the_guarded_door_stays_closed(client, member, dead_redis):
    answer = client.post("/accounts/login/", {"login": "member", "password": "a guess"})

    assert answer.status_code == 429


@pytest.mark.django_db
def test_api_when_a_stranger_asks_for_more_than_a_hundred_then_429_with_retry_after(api):
    answers = [api.get("/api/v1/categories").status_code for _ in range(100)]

    refused = api.get("/api/v1/categories")

    assert set(answers) == {200}
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "throttled")
    assert 1 <= int(refused["Retry-After"]) <= 900


@pytest.mark.django_db
def test_api_when_redis_is_gone_then_answers_all_the_same(api, dead_redis):
    assert api.get("/api/v1/categories").status_code == 200


def test_limit_when_limits_are_off_then_nothing_is_counted_nor_remembered(request_of, settings):
    settings.RATELIMIT_ENABLE = False
    for _n in range(3):
        limit(request_of(), "off", "1/m", once="order 1")

    settings.RATELIMIT_ENABLE = True
    limit(request_of(), "off", "1/m", once="order 1")
    with pytest.raises(TooOften):
        limit(request_of(), "off", "1/m", once="order 2")
