"""A server of somebody else's that does not answer is left alone for a while, so that not every
visitor waits for it. Redis has one of its own (mall/redis).
"""

import time
from contextlib import contextmanager

import structlog

REST_SECONDS = 30
SILENT_IN_A_ROW = 3
log = structlog.get_logger(__name__)


class Breaker:
    """Of one server, in this process: after SILENT_IN_A_ROW calls without an answer nobody asks for
    REST_SECONDS. ``silence`` is the refusal by which a call says so.
    """

    def __init__(self, name: str, silence: type[Exception]):
        self.name, self.silence = name, silence
        self.close()

    def close(self):
        """Ask again at once, as a new process would."""
        self._silent, self._rests_until = 0, 0.0

    @property
    def rests(self) -> bool:
        """Whether nobody asks just now."""
        return time.monotonic() < self._rests_until

    @contextmanager
    def watching(self):
        """Watch one call. Raises: ``silence``, at once while the server is left alone."""
        if self.rests:
            raise self.silence
        is_silent = False
        try:
            yield
        except self.silence:
            is_silent = True
            raise
        finally:
            self._count(is_silent)

    def _count(self, is_silent):
        self._silent = self._silent + 1 if is_silent else 0  # any other refusal is an answer
        if self._silent >= SILENT_IN_A_ROW:
            self._silent, self._rests_until = 0, time.monotonic() + REST_SECONDS
            log.error("left_alone", server=self.name, seconds=REST_SECONDS)
