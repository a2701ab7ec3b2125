"""The Redis behind the cache, for what the cache has no words for: scripts and hashes.

Nothing is decided by it. Without one, or when it does not answer, a question is answered by None
and whoever asked does without. That nobody waits for one that is away is its client's matter, for
all who ask together (mall/redis/circuit_breaker.py).
"""

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, cache
from redis import Redis
from redis.exceptions import RedisError

NAMES_KNOWN = 4096
_ALSO = "also"
_moment = ContextVar("moment", default=None)  # {keys: what is stored}


def is_there() -> bool:
    """Say whether the cache is a Redis, which all processes of the shop share."""
    return "django_redis" in settings.CACHES[DEFAULT_CACHE_ALIAS]["BACKEND"]


def ask(question: Callable[[Redis], object]):
    """Return what ``question`` makes of the Redis; None without one, or when it fails."""
    if not is_there():
        return None
    from django_redis import get_redis_connection

    try:
        return question(get_redis_connection(DEFAULT_CACHE_ALIAS))
    except (RedisError, OSError):
        return None


def as_stored(keys: tuple[str, ...]) -> tuple:
    """Return each key's value as the cache stores it, to be compared with itself only: for versions
    that almost every request asks for, reading their bytes is half of what decoding them costs.

    None where there is none, or where the cache does not answer.
    """
    known = _moment.get()
    if known is None:
        return _as_stored(keys)
    if None in known.get(keys, (None,)):
        also = known.pop(_ALSO, ())
        found = _as_stored(keys + also)
        known[also], known[keys] = found[len(keys) :], found[: len(keys)]
    return known[keys]


def is_first(key: str, seconds: int) -> bool:
    """Note under a key that something is done now, for so many seconds, and say whether nobody did
    before. Of many at the same moment one is first; where the cache does not answer, none is.
    """
    if not is_there():
        return bool(cache.add(key, 1, seconds))
    name = cache.make_key(key)
    return bool(ask(lambda redis: redis.execute_command("SET", name, 1, "NX", "EX", seconds)))


@contextmanager
def one_moment(*, also: tuple[str, ...] = ()):
    """Let all inside be as of one moment: what ``as_stored`` is asked is read once. For a page that
    only reads. The first question brings along what will be asked as ``also``.
    """
    before = _moment.set({_ALSO: also} if also else {})
    try:
        yield
    finally:
        _moment.reset(before)


def _as_stored(keys):
    if not is_there():
        found = cache.get_many(keys)
        return tuple(found.get(key) for key in keys)
    found = ask(lambda redis: redis.execute_command("MGET", *_names(keys)))
    return tuple(found) if found else (None,) * len(keys)


@lru_cache(NAMES_KNOWN)
def _names(keys) -> list[str]:
    make_key = cache.make_key
    return [make_key(key) for key in keys]
