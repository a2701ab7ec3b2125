"""Who may write to an SQLite file: one connection of this process at a time, first come first
served.

SQLite has one writer and no queue: whoever finds the file taken sleeps and looks again, ever
longer, and a newcomer who comes at the right moment goes first. With eight threads some waited for
seconds. Here the one who leaves names the next. Other processes are no part of it; SQLite's own
lock keeps them apart.

Source: sqlite3_busy_timeout, and sqliteDefaultBusyCallback in SQLite 3.40 (sleeps of 1, 2, 5, 10,
15, 20, 25, 25, 25, 50, 50, then 100 ms).
"""

import os
import weakref
from threading import Lock
from time import monotonic

# A thread may end with its connection open: nobody says so, and whoever waits has to look.
LOOK_SECONDS = 0.5


class WriterQueue:
    """The line in front of one file. ``_door`` is held only as long as it takes to look."""

    def __init__(self):
        self._door = Lock()
        self._writer = None  # a weak reference: a forgotten connection is no writer
        self._waiting = {}  # connection -> a lock that opens when its turn comes, in order

    def is_turn_of(self, connection) -> bool:
        """Whether this connection may write now."""
        return self._writer is not None and self._writer() is connection

    def enter(self, connection, deadline) -> bool:
        """Wait until it is this connection's turn; False when ``deadline`` (monotonic) came
        first.
        """
        turn = Lock()
        with self._door:
            if not self._is_taken() and not self._waiting:
                self._writer = weakref.ref(connection)
                return True
            turn.acquire()
            self._waiting[connection] = turn
        came = False
        try:
            while not came and (left := deadline - monotonic()) > 0:
                came = turn.acquire(timeout=min(LOOK_SECONDS, left))
                self._look()
        finally:
            if not came:
                self.leave(connection)
        return came

    def leave(self, connection) -> None:
        """End this connection's turn and begin that of the next, or wait no more; harmless when
        repeated.
        """
        with self._door:
            self._waiting.pop(connection, None)
            if self.is_turn_of(connection):
                self._next()

    def _look(self):
        """Go on when whoever had the turn is no more."""
        with self._door:
            if not self._is_taken():
                self._next()

    def _is_taken(self):
        return self._writer is not None and self._writer() is not None

    def _next(self):
        self._writer = None
        if self._waiting:
            connection = next(iter(self._waiting))
            self._writer = weakref.ref(connection)
            self._waiting.pop(connection).release()


_queues = {}
# A child has none of its parent's threads, so nobody would ever leave.
os.register_at_fork(after_in_child=_queues.clear)


def queue_of(path) -> WriterQueue:
    """Return the queue of a file; all connections of this process share it."""
    return _queues.setdefault(str(path), WriterQueue())
