"""The backend that Django loads for ``ENGINE = "mall.database.mysql"``: Django's own behind a
breaker, with pings that end in time.

The client library counts its time-outs in whole seconds and has one for a long question and a ping
alike; a health check need not wait as long as a report may. Sending "DO 1" and looking whether an
answer comes costs what a ping does.
"""

import select

from django.db.backends.mysql import base
from MySQLdb import OperationalError

from mall.database.mysql.breaker import breaker_of


class Cursor(base.CursorWrapper):
    """A cursor whose waits in vain are told to the breaker."""

    def __init__(self, cursor, breaker):
        super().__init__(cursor)
        self.breaker = breaker

    def execute(self, query, args=None):
        """See Django."""
        with self.breaker.watching():
            return super().execute(query, args)

    def executemany(self, query, args):
        """See Django."""
        with self.breaker.watching():
            return super().executemany(query, args)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    @property
    def breaker(self):
        """What all threads know of this database."""
        return breaker_of(self.alias)

    def get_new_connection(self, conn_params):
        """Connect. Raises: OperationalError 2003 at once when the database kept somebody waiting a
        moment ago.
        """
        with self.breaker.knocking():
            return super().get_new_connection(conn_params)

    def create_cursor(self, name=None):
        """See Django."""
        return Cursor(self.connection.cursor(), self.breaker)

    def is_usable(self):
        """Whether the server answers within ``connect_timeout``; a connection that still owes an
        answer is not used again.
        """
        try:
            with self.breaker.knocking():
                self._ping(self.settings_dict["OPTIONS"].get("connect_timeout", 10))
        except self.Database.Error:
            return False
        return True

    def _ping(self, seconds):
        self.connection.send_query(b"DO 1")
        ear = select.poll()
        ear.register(self.connection.fileno(), select.POLLIN)
        if not ear.poll(seconds * 1000):
            raise OperationalError(2013, "No answer to a ping")
        self.connection.read_query_result()
