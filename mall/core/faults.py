"""Which errors of a database pass by themselves: it is away, frozen, full or contended, and nothing
is wrong with the question.

The retry of verbs (``mall.core.transactions``) and the answer to visitors (``mall.outage``) read
the same lists. Everything else - a constraint, a wrong column, a value out of range - is a fault of
ours and stays one.

Source: the servers' error references (MySQL 8.4, MariaDB 10.11), MariaDB Connector/C 3.3;
docs/reliability.md, "Faults of the parts".
"""

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import DatabaseError, InterfaceError
from django.db.transaction import TransactionManagementError

# Undone by the server; the connection is as good as before. 1205 lock wait, 1213 deadlock, 1020
# changed since read, 1180 error at COMMIT, 1206 no room for locks, 3100 and 3101 refused by the
# replication group.
ROLLED_BACK = {1020, 1180, 1205, 1206, 1213, 3100, 3101}
# The connection is worth nothing any more, or never came to be: away, restarting, too many callers,
# without a majority, read-only after a failover. 2005 is a container's name that went with the
# container.
CONNECTION_LOST = {
    1040, 1042, 1043, 1047, 1053, 1077, 1079, 1129, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226,
    1290, 1836, 1927,
    2002, 2003, 2005, 2006, 2012, 2013, 2055, 3168, 4031,
}  # fmt: skip
# No for now: 1021 and 1114 disk or table full, 1037 and 1041 no memory, 1317 killed, 1969 and 3024
# took the server too long.
OVERBURDENED = {1021, 1037, 1041, 1114, 1317, 1969, 3024}
NO_SPACE = "No space left on device"  # inside other codes: 3, 1026, 1030
SQLITE_WORDS = (
    "database is locked",
    "database table is locked",
    "database schema is locked",
    "database or disk is full",
)
# What others make of a fault they met: the fault stands behind them.
WRAPPERS = (TransactionManagementError, SessionInterrupted, UpdateError)


def is_passing(error) -> bool:
    """Whether an error, or the one behind a wrapper of Django's, is of the kind that waiting
    mends.
    """
    return is_lost(error) or any(
        _has_passing_words(fault) or _code_of(fault) in ROLLED_BACK | OVERBURDENED
        for fault in _faults(error)
    )


def is_lost(error) -> bool:
    """Whether the connection is gone with it: nothing more can be asked of it."""
    return any(
        isinstance(fault, InterfaceError)
        and not _code_of(fault)
        or _code_of(fault) in CONNECTION_LOST
        for fault in _faults(error)
    )


def _faults(error):
    """Yield the database's own errors of a chain that begins with ``error`` and goes on through
    wrappers only.
    """
    while isinstance(error, WRAPPERS):
        error = error.__cause__ or error.__context__
    if isinstance(error, (DatabaseError, InterfaceError)):
        yield error


def _code_of(error):
    return error.args[0] if error.args and isinstance(error.args[0], int) else None


def _has_passing_words(error):
    return (
        NO_SPACE in str(error)
        or _code_of(error) is None
        and any(words in str(error) for words in SQLITE_WORDS)
    )
