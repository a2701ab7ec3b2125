"""The Redis behind the cache, for what the cache has no words for: scripts and hashes.

Nothing is decided by it. Without one, or when it does not answer, a question is answered by None
and whoever asked does without. That nobody waits for one that is away is its client's matter, for
all who ask together (mall/redis/circuit_breaker.py).
"""

from collections.abc import Callable
from functools import cache as once

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, cache
from redis import Redis
from redis.exceptions import RedisError


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
    if not is_there():
        found = cache.get_many(keys)
        return tuple(found.get(key) for key in keys)
    found = ask(lambda redis: redis.execute_command("MGET", *_names(keys)))
    return tuple(found) if found else (None,) * len(keys)


@once
def _names(keys) -> list[str]:
    return [cache.make_key(key) for key in keys]
