"""The link to Redis writes its commands as redis-py does."""

import pytest
from redis.connection import Connection

from mall.redis.circuit_breaker import packed


@pytest.mark.parametrize(
    "command",
    [
        ("MGET", "plain", "mit Umläuten", "中文"),
        ("SET", ":1:key", b"\x80\x04\x95", "PX", 60_000, "NX"),
        ("EVAL", "return 1\r\nreturn 2", 1, "key", "", 10**12),
        ("INCRBY", "key", -3),
    ],
)
def test_packed_when_of_words_bytes_and_numbers_then_as_redis_py_writes_it(command):
    assert b"".join(packed(command)) == b"".join(Connection().pack_command(*command))


@pytest.mark.parametrize(
    "command",
    [("CLIENT SETINFO", "a"), ("SET", "key", 1.5), (b"GET", "key"), ("GET", memoryview(b""))],
)
def test_packed_when_of_anything_else_then_left_to_redis_py(command):
    assert packed(command) is None
