"""Whether to ask a database at all: after one wait in vain nobody waits again for a second, then
one asks for all.

The state is the process's: all its threads share it. A refused or lost connection costs nobody any
time and opens nothing; only a wait until a time-out does.
"""

import threading
import time
from contextlib import contextmanager

import structlog
from MySQLdb import OperationalError

REST_SECONDS = 1.0
# more than one knock takes: a Unix socket whose queue is full takes twice connect_timeout
KNOCK_SECONDS = 3.0
WAITED_SECONDS = 0.9  # the client's second may end a little early
GAVE_UP = {2002, 2003, 2005, 2013}  # what the client says when nothing came
LINK_IS_OLD = 2006  # said of a link that was lost before: it tells nothing of the server
log = structlog.get_logger(__name__)


class Breaker:
    """One database's. Closed: everybody asks. Open: nobody. After the rest whoever comes first
    asks, and the others do not.
    """

    def __init__(self, alias):
        self.alias = alias
        self.open_until = 0.0
        self.turn = threading.Lock()

    @contextmanager
    def knocking(self):
        """Make or try a connection inside. Raises: OperationalError 2003 at once while open."""
        known = self._enter()
        started, open_until = time.monotonic(), 0.0
        try:
            yield
        except OperationalError as error:
            if _was_in_vain(error, started):
                open_until = time.monotonic() + REST_SECONDS
                log.warning(
                    "database_away",
                    database=self.alias,
                    why=str(error),
                    asked_again_in_seconds=REST_SECONDS,
                )
            elif error.args[0] == LINK_IS_OLD:
                open_until = known
            raise
        finally:
            self.open_until = open_until

    def note(self, error, started: float) -> None:
        """Hear how a question failed that began at ``started`` (of ``time.monotonic``); when it was
        in vain, whoever knocks next knocks alone.
        """
        if _was_in_vain(error, started):
            self.open_until = time.monotonic()

    def _enter(self):
        with self.turn:
            now = time.monotonic()
            if now < self.open_until:
                raise OperationalError(2003, "The database did not answer a moment ago")
            known = self.open_until
            if known:
                self.open_until = now + KNOCK_SECONDS  # or until the one who asks now knows
            return known


def _was_in_vain(error, started):
    return error.args[0] in GAVE_UP and time.monotonic() - started >= WAITED_SECONDS


_breakers = {}


def breaker_of(alias) -> Breaker:
    """Return the breaker of a database by its name in the settings."""
    return _breakers.setdefault(alias, Breaker(alias))
