"""Reports may read a copy of the database (DATABASE_REPLICA_URL), so that looking at last year
costs today's shoppers nothing.

A copy may lag behind, so nothing decides on it: whatever posts, sells or counts a limit reads the
database it writes.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError

ALIAS = "replica"
log = structlog.get_logger(__name__)
_is_reading = ContextVar("is_reading_replica", default=False)


@contextmanager
def reading():
    """Let the queries inside read the copy where there is one; without one nothing changes."""
    before = _is_reading.set(ALIAS in settings.DATABASES)
    try:
        yield
    finally:
        _is_reading.reset(before)


def ask(question):
    """Return what ``question()`` finds in the copy; in the database that is written where there is
    no copy, or where it is away, frozen or without a table it will have in a moment.
    """
    try:
        with reading():
            return question()
    except (DatabaseError, InterfaceError) as error:
        if ALIAS not in settings.DATABASES:
            raise
        log.warning("replica_passed_over", why=str(error)[:300])
    return question()


def is_reading() -> bool:
    """Say whether queries read the copy just now."""
    return _is_reading.get()


class Router:
    """Send reads to the copy inside ``reading()`` and everything else, migrations too, to the one
    database that is written.
    """

    def db_for_read(self, model, **hints):
        return ALIAS if _is_reading.get() else None

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, first, second, **hints):
        return True  # the copy holds the same rows

    def allow_migrate(self, db, app_label, **hints):
        return False if db == ALIAS else None
