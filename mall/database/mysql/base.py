"""The backend that Django loads for ``ENGINE = "mall.database.mysql"``: Django's own behind a
breaker, with pings that end in time.

The client library counts its time-outs in whole seconds and has one for a long question and a ping
alike; a health check need not wait as long as a report may. Sending "DO 1" and looking whether an
answer comes costs what a ping does. It is a question more
for every request, so a link on which the server answered a moment ago is believed while nothing has
come on it since: a server that goes away says goodbye, and an idle one says nothing.
"""

import select
import time

from django.db.backends.mysql import base
from MySQLdb import OperationalError

from mall.database.mysql.breaker import breaker_of

MOMENT_SECONDS = 1.0


class Cursor(base.CursorWrapper):
    """A cursor whose waits in vain are told to the breaker."""

    def __init__(self, cursor, link):
        super().__init__(cursor)
        self.link, self.breaker = link, link.breaker

    def execute(self, query, args=None):
        """See Django."""
        with self.breaker.watching():
            found = super().execute(query, args)
        self.link.answered_at = time.monotonic()
        return found

    def executemany(self, query, args):
        """See Django."""
        with self.breaker.watching():
            return super().executemany(query, args)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread."""

    answered_at = 0.0  # monotonic

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
        return Cursor(self.connection.cursor(), self)

    def is_usable(self):
        """Whether the server answers within ``connect_timeout``, or did a moment ago; a connection
        that still owes an answer is not used again.
        """
        if time.monotonic() - self.answered_at < MOMENT_SECONDS and not self._hears(0):
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
