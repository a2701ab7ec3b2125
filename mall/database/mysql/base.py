"""The backend that Django loads for ``ENGINE = "mall.database.mysql"``: Django's own behind a
breaker, with pings that end in time and without questions nobody needs.

What a transaction needs is BEGIN and COMMIT; Django switches autocommit off before it and on after
it, and a server is asked each time. Here "on" waits for a statement outside a transaction: most
requests that write make none, and the next transaction finds it off.

The client library counts its time-outs in whole seconds and has one for a long question and a ping
alike; a health check need not wait as long as a report may. Sending "DO 1" and looking whether an
answer comes costs what a ping does.
"""

import select
import time

from django.db.backends.mysql import base
from django.db.backends.utils import CursorWrapper
from MySQLdb import OperationalError

from mall.database.mysql.breaker import breaker_of

ANSWERED_SECONDS = 1.0  # who answered so lately is there


class Cursor(base.CursorWrapper):
    """A cursor whose waits in vain are told to the breaker."""

    def __init__(self, cursor, database):
        super().__init__(cursor)
        self.database = database

    def execute(self, query, args=None):
        """See Django."""
        return self._asked(super().execute, query, args)

    def executemany(self, query, args):
        """See Django."""
        return self._asked(super().executemany, query, args)

    def _asked(self, ask, query, args):
        database, started = self.database, time.monotonic()
        database.answered_at = 0.0
        try:
            if database.owes_autocommit and database.autocommit:
                database.switch_autocommit_on()
            answer = ask(query, args)
        except OperationalError as error:
            database.breaker.note(error, started)
            raise
        database.answered_at = started
        return answer


class QuickCursor(CursorWrapper):
    """Django's wrapper around a cursor, which names errors as Django does once there are any: a
    context manager around each call costs as much as the call.
    """

    def execute(self, sql, params=None):
        """See Django."""
        database = self.db
        if database.execute_wrappers:
            return super().execute(sql, params)
        if database.needs_rollback:
            database.validate_no_broken_transaction()
        try:
            return self.cursor.execute(sql, params)
        except database.Database.Error:
            with database.wrap_database_errors:
                raise

    def fetchall(self):
        """See Django; the driver has all rows already."""
        return self.cursor.fetchall()

    def fetchone(self):
        """See Django."""
        return self.cursor.fetchone()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    owes_autocommit = False  # it is off and a statement outside a transaction needs it on
    answered_at = 0.0  # of time.monotonic

    @property
    def breaker(self):
        """What all threads know of this database."""
        return breaker_of(self.alias)

    def get_new_connection(self, conn_params):
        """Connect. Raises: OperationalError 2003 at once when the database kept somebody waiting a
        moment ago.
        """
        self.owes_autocommit, self.answered_at = False, 0.0
        with self.breaker.knocking():
            return super().get_new_connection(conn_params)

    def create_cursor(self, name=None):
        """See Django."""
        return Cursor(self.connection.cursor(), self)

    def make_cursor(self, cursor):
        """See Django."""
        return QuickCursor(cursor, self)

    def _set_autocommit(self, autocommit):
        # the driver itself sends nothing where it is off already
        self.owes_autocommit = autocommit
        if not autocommit:
            super()._set_autocommit(False)

    def switch_autocommit_on(self):
        """Do what ``set_autocommit`` put off."""
        self.connection.autocommit(True)
        self.owes_autocommit = False

    def is_usable(self):
        """Whether the server answers within ``connect_timeout``, or did within ANSWERED_SECONDS
        and said nothing since: a server that goes away says goodbye. A connection that still owes
        an answer is not used again.
        """
        if time.monotonic() - self.answered_at < ANSWERED_SECONDS and not self._hears(0):
            return True
        try:
            with self.breaker.knocking():
                self._ping(self.settings_dict["OPTIONS"].get("connect_timeout", 10))
        except self.Database.Error:
            return False
        return True

    def _ping(self, seconds):
        self.connection.send_query(b"DO 1")
        if not self._hears(seconds):
            raise OperationalError(2013, "No answer to a ping")
        self.connection.read_query_result()

    def _hears(self, seconds) -> bool:
        """Whether something comes within so many seconds, an end too."""
        ear = select.poll()
        ear.register(self.connection.fileno(), select.POLLIN)
        return bool(ear.poll(seconds * 1000))
