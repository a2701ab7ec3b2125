"""A Redis the shop can do without: it may be away, frozen or talk nonsense, and a page still opens.

django-redis forgives a lost link and a time-out (``IGNORE_EXCEPTIONS``), yet not an answer that is no Redis, and
a frozen server would cost every single command its time-out. Here any of them counts as a lost link, and for
REST_SECONDS afterwards nobody asks at all.

Source: reliability.md T9.
"""

import time

from redis import Redis
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TooSlow

REST_SECONDS = 1.0


class FusedRedis(Redis):
    """The client behind the cache (``REDIS_CLIENT_CLASS``). The fuse is the process's: all threads share it."""

    blown_until = 0.0

    def execute_command(self, *args, **options):
        """Ask Redis. Raises: redis ConnectionError at once while the fuse is blown."""
        if time.monotonic() < FusedRedis.blown_until:
            raise LinkLost("Redis did not answer a moment ago")
        try:
            return super().execute_command(*args, **options)
        except (LinkLost, TooSlow):
            self._blow()
            raise
        except ResponseError:
            raise  # an honest no
        except (RedisError, UnicodeDecodeError, ValueError) as noise:
            self._blow()
            raise LinkLost("Redis talks nonsense") from noise

    def _blow(self):
        FusedRedis.blown_until = time.monotonic() + REST_SECONDS
