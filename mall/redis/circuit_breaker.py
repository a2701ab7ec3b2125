"""A Redis the shop can do without: it may be away, frozen or talk nonsense, and a page still opens.

django-redis forgives a lost link and a time-out (``IGNORE_EXCEPTIONS``), yet not an answer that is
no Redis, and a frozen server would cost every single command its time-out. Here a lost link,
nonsense, or SLOW_IN_A_ROW time-outs without an answer in between open the breaker: for REST_SECONDS
nobody asks at all, and one line in the log says so. A single slow answer on a busy machine does
not: sign-in limits stay closed while nobody can count.

Source: docs/reliability.md T9.
"""

import os
import threading
import time

import structlog
from redis import ConnectionPool, Redis
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

    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self._kept = threading.local()

    def execute_command(self, *args, **options):
        """Ask Redis. Raises: redis ConnectionError at once while the breaker is open."""
        if time.monotonic() < BreakerRedis.open_until:
            raise LinkLost("Redis did not answer a moment ago")
        try:
            answer = self._ask(args, options)
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
        # Each write to a class has Python look up anew all that is asked of its instances, through
        # the thirty classes redis-py puts a client together of: not for every command.
        if BreakerRedis.slow_in_a_row:
            BreakerRedis.slow_in_a_row = 0
        return answer

    def _ask(self, args, options):
        """Ask over a link that this thread keeps. A link of the pool for each command, its metrics
        and its tries (here none) cost redis-py 8.1 three times what asking does.
        """
        if type(self.connection_pool) is not ConnectionPool:
            return super().execute_command(*args, **options)  # sentinels: it knows who is master
        link = self._link()
        try:
            link.send_packed_command(link.pack_command(*args), check_health=False)
            return self.parse_response(link, args[0], **options)
        except ResponseError:
            raise
        except BaseException:
            link.disconnect()  # its answer may still come, and would be the next question's
            raise

    def _link(self):
        """Return this thread's own link; one that was closed or has something to say is made
        anew. A forked process begins with none.
        """
        pool, link = self.connection_pool, getattr(self._kept, "link", None)
        if link is None or link.pid != os.getpid():
            link = self._kept.link = pool.connection_class(**pool.connection_kwargs)
        if not link.is_connected:
            link.connect()
        try:
            is_clean = not link.can_read()
        except (LinkLost, TooSlow, OSError):
            is_clean = False
        if not is_clean:
            link.disconnect()
            link.connect()
        return link

    def _open(self, why):
        BreakerRedis.slow_in_a_row = 0
        BreakerRedis.open_until = time.monotonic() + REST_SECONDS
        log.warning("redis_away", why=why, asked_again_in_seconds=REST_SECONDS)
