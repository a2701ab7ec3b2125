"""A number that stands in the SQLite file itself and changes with what operators set: what a shared
cache is to many processes, the file is to all that have it open.

SQLite keeps a number for whoever wants one (PRAGMA user_version). It lies in the first page, so a
transaction that writes it commits it with its rows, or takes it back with them, and reading it
costs a hundredth of reading the rows.
Source: https://www.sqlite.org/pragma.html#pragma_user_version;
docs/decisions/0118-shoppers-first.md.
"""

import secrets

from django.db import connection

MOST = 2**31 - 1  # a signed number of 32 bits


def is_there() -> bool:
    """Say whether the database is such a file."""
    return connection.vendor == "sqlite"


def read() -> str:
    """Return the number, as last committed or as this transaction has it; never empty."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version")
        return str(cursor.fetchone()[0])


def renew() -> None:
    """Write another one, by chance, so that one that was taken back never comes again; inside the
    transaction whose rows it tells of.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA user_version = {1 + secrets.randbelow(MOST)}")
