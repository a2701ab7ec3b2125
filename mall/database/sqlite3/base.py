"""The backend that Django loads for ``ENGINE = "mall.database.sqlite3"``: Django's own, whose
writers of one process stand in line.

A transaction begins IMMEDIATE (mall/settings/databases.py), so BEGIN is where a writer waits; a
single INSERT, UPDATE or DELETE outside a transaction is a transaction of its own. A SELECT outside
one never waits and holds nobody up. Whoever waited OPTIONS["timeout"] seconds in all is refused as
SQLite refuses: "database is locked".
"""

import sqlite3
from contextlib import contextmanager
from time import monotonic

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from mall.database.sqlite3 import patience
from mall.database.sqlite3.writer_queue import WriterQueue, queue_of

WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLAC"})
# Another process has the file: SQLite looks again after 1, 2, 5 and 10 ms, and then we ask anew.
KNOCK_MILLISECONDS = 18
SECONDS = 5.0  # the library's own time-out


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose single writes take their turn."""

    wrapper = None

    def execute(self, query, params=None):
        """See Django."""
        if self.connection.in_transaction or query.lstrip()[:6].upper() not in WRITES:
            return super().execute(query, params)
        with self.wrapper.turn():
            return super().execute(query, params)

    def executemany(self, query, param_list):
        """See Django."""
        with self.wrapper.turn():
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    _queue = None

    def get_new_connection(self, conn_params):
        """See Django."""
        own = self.is_in_memory_db()  # nobody else has it
        self._queue = WriterQueue() if own else queue_of(conn_params["database"])
        self._seconds = conn_params.get("timeout", SECONDS)
        return super().get_new_connection(conn_params)

    def create_cursor(self, name=None):
        """See Django."""
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    @contextmanager
    def turn(self):
        """Be the writer inside. Raises: sqlite3.OperationalError when the wait was in vain."""
        if self._queue.is_turn_of(self):
            yield
            return
        patience.give_way()
        try:
            self._wait(monotonic() + self._seconds)
            yield
        finally:
            self._leave()

    def _start_transaction_under_autocommit(self):
        patience.give_way()
        deadline = monotonic() + self._seconds
        try:
            with self.wrap_database_errors:
                self._wait(deadline)
            self._begin(deadline)
        except BaseException:
            self._leave()
            raise

    def _wait(self, deadline):
        if not self._queue.enter(self, deadline):
            raise sqlite3.OperationalError("database is locked")

    def _begin(self, deadline):
        self._set_busy_timeout(KNOCK_MILLISECONDS)
        try:
            while True:
                try:
                    return super()._start_transaction_under_autocommit()
                except OperationalError as error:
                    if not _is_busy(error) or monotonic() >= deadline:
                        raise
        finally:
            self._set_busy_timeout(round(self._seconds * 1000))

    def _set_busy_timeout(self, milliseconds):
        self.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def _commit(self):
        try:
            return super()._commit()
        finally:
            # A COMMIT that was refused leaves the transaction open, to be rolled back.
            if self.connection is not None and not self.connection.in_transaction:
                self._leave()

    def _rollback(self):
        try:
            return super()._rollback()
        finally:
            if self.connection is not None and not self.connection.in_transaction:
                self._leave()

    def _close(self):
        try:
            return super()._close()
        finally:
            self._leave()

    def _leave(self):
        if self._queue is not None:
            self._queue.leave(self)


def _is_busy(error):
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
