"""Reading several keys of the cache in one short round trip, for what almost every request asks.

django-redis makes a key object and a decoder for each value, which costs more than Redis does. A
version is compared and never looked into, so its stored bytes do as well.
"""

from django.conf import settings
from django.core.cache import cache


def as_stored(keys) -> tuple:
    """Return each key's value as the cache stores it, to be compared with itself only; None where
    there is none, or where the cache does not answer.
    """
    if "django_redis" not in settings.CACHES["default"]["BACKEND"]:
        found = cache.get_many(keys)
        return tuple(found.get(key) for key in keys)
    from django_redis import get_redis_connection
    from redis.exceptions import RedisError

    try:
        return tuple(get_redis_connection("default").mget([cache.make_key(key) for key in keys]))
    except (RedisError, OSError):
        return (None,) * len(keys)
