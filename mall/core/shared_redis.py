"""The Redis behind the cache, for what the cache has no words for: scripts and hashes.

Nothing is decided by it. Without one, or when it does not answer, a question is answered by None
and whoever asked does without. That nobody waits for one that is away is its client's matter, for
all who ask together (mall/redis/circuit_breaker.py).
"""

from collections.abc import Callable

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS
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
