"""A Redis the shop can do without: it may be away, frozen or talk nonsense, and a page still opens.

django-redis forgives a lost link and a time-out (``IGNORE_EXCEPTIONS``), yet not an answer that is
no Redis, and a frozen server would cost every single command its time-out. Here a lost link,
nonsense, or SLOW_IN_A_ROW time-outs without an answer in between open the breaker: for REST_SECONDS
nobody asks at all, and one line in the log says so. A single slow answer on a busy machine does
not: sign-in limits stay closed while nobody can count.

Source: reliability.md T9.
"""

import time

import structlog
from redis import Redis
from redis.exceptions import ConnectionError as LinkLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TooSlow

REST_SECONDS = 1.0
SLOW_IN_A_ROW = 3
log = structlog.get_logger(__name__)


class BreakerRedis(Redis):
    """The client behind the cache (``REDIS_CLIENT_CLASS``). The breaker is the process's: all
    threads share it.
    """

    open_until = 0.0
    slow_in_a_row = 0

    def execute_command(self, *args, **options):
        """Ask Redis. Raises: redis ConnectionError at once while the breaker is open."""
        if time.monotonic() < BreakerRedis.open_until:
            raise LinkLost("Redis did not answer a moment ago")
        try:
            answer = super().execute_command(*args, **options)
        except LinkLost:
            self._open("lost")
            raise
        except TooSlow:
            BreakerRedis.slow_in_a_row += 1
            if BreakerRedis.slow_in_a_row >= SLOW_IN_A_ROW:
                self._open("slow")
            raise
        except ResponseError:
            raise  # an honest no
        except (RedisError, UnicodeDecodeError, ValueError) as noise:
            self._open("nonsense")
            raise LinkLost("Redis talks nonsense") from noise
        BreakerRedis.slow_in_a_row = 0
        return answer

    def _execute_command(self, *args, **options):
        """Carry a command out on a link of the pool, as redis-py (8.1) does without its watching:
        retrying, which ours never do, and measuring cost five times as much as the command.
        """
        if self.connection:  # has but this one, and asks it under a lock
            return super()._execute_command(*args, **options)
        pool = self.connection_pool
        link = pool.get_connection()
        try:
            link.send_packed_command(link.pack_command(*args))
            return self.parse_response(link, args[0], **options)
        finally:
            pool.release(link)

    def _open(self, why):
        BreakerRedis.slow_in_a_row = 0
        BreakerRedis.open_until = time.monotonic() + REST_SECONDS
        log.warning("redis_away", why=why, asked_again_in_seconds=REST_SECONDS)
