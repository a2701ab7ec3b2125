"""The database as migrations leave it: migrated once per run, copied for each worker, put back
after each test that commits.

Django would migrate for each worker, and around such a test empty every table and save the rows of
migrations again one by one: a quarter of a second for each of more than five hundred tests.

What a run migrated is kept for the next one of this machine, until a migration, a setting or a
pinned package changes: half a minute of every start. A clean machine keeps nothing, so what CI
plays on was migrated there.
"""

import fcntl
import hashlib
import os
import pickle
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.transaction import atomic

from mall.database import collations

_had_rows = {}  # each table -> did migrations put rows into it?


def make_database() -> str:
    """Give this process its test database and return the name; the first process of a run migrates
    the original.
    """
    mine = connection.creation._get_test_db_name()
    with (_folder() / "migrating").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # let go by the end of the block
        migrated = _folder() / f"{connection.vendor}.migrated"
        if not migrated.exists():
            migrate(original())
            migrated.touch()
    _copy(original(), mine)
    _use(mine)
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        _had_rows.update(zip(tables, _hold_rows(cursor, tables), strict=True))
    return mine


def original() -> str:
    """Name the migrated database that nobody uses: a file, or a schema on the same server."""
    if connection.vendor == "sqlite":
        return str(_folder() / "original.sqlite3")
    return f"original_{os.environ['MALL_TEST_DATABASE_URL'].rpartition('/')[2].partition('?')[0]}"


def migrate(name):
    """Make a database by migrating, or of what an earlier run kept, and leave it closed."""
    kept = _kept()
    if kept.exists():
        _restore(kept, name)
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    else:
        _create(name)
        _use(name)
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
        _keep(name, kept)
    connection.close()


def put_back():
    """Empty the tables that hold rows and copy those of migrations from the original: no numbers
    begin anew.
    """
    quote = connection.ops.quote_name
    with (
        within(original()) as source,
        connection.constraint_checks_disabled(),
        atomic(),
        connection.cursor() as cursor,
    ):
        for (table, had_rows), holds_rows in zip(
            _had_rows.items(), _hold_rows(cursor, _had_rows), strict=True
        ):
            if holds_rows:
                cursor.execute(f"DELETE FROM {quote(table)}")
            if had_rows:
                cursor.execute(f"INSERT INTO {quote(table)} SELECT * FROM {source}.{quote(table)}")


def copy_anew():
    """Give this process another copy of the original: migrations went back and forth in the old one
    and left its columns and keys in another order.
    """
    name = connection.settings_dict["NAME"]
    _copy(original(), name)
    _use(name)


def drop(name):
    """Drop a database that was made here; the original goes with the servers of its run."""
    connection.close()
    # two hundred tables take longer than any question of the shop's, on a busy machine
    connection.settings_dict["OPTIONS"].pop("read_timeout", None)
    connection.creation._destroy_test_db(name, 0)


def _folder():
    return Path(os.environ["MALL_TEST_FOLDER"])


def _use(name):
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def _hold_rows(cursor, tables):
    """Tell for each table whether it holds a row, in one question."""
    cursor.execute(
        "SELECT "
        + ", ".join(f"EXISTS(SELECT 1 FROM {connection.ops.quote_name(table)})" for table in tables)
    )
    return cursor.fetchone()


# --- what is kept for the next run -------------------------------------------------
def _kept() -> Path:
    """Name the file of what migrations make, by all that decides it; the folder is ours alone."""
    folder = Path(tempfile.gettempdir()) / f"points-mall-migrated-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else: remove it")
    root, said = Path(settings.BASE_DIR), hashlib.sha256()
    for pattern in ("*/migrations/*.py", "mall/settings/*.py", "requirements/*.txt"):
        for file in sorted(root.glob(pattern)):
            said.update(str(file.relative_to(root)).encode() + file.read_bytes())
    said.update(_server().encode() + Path(__file__).read_bytes())
    return folder / f"{connection.vendor}-{said.hexdigest()[:16]}"


def _server() -> str:
    if connection.vendor == "sqlite":
        return sqlite3.sqlite_version
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        return cursor.fetchone()[0]


def _keep(name, kept):
    """Write what a database holds to a file, whole or not at all."""
    made = kept.with_name(f"{kept.name}.{os.getpid()}")
    if connection.vendor == "sqlite":
        connection.close()
        shutil.copy(name, made)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            tables = [table for (table,) in cursor.fetchall()]
            made.write_bytes(pickle.dumps([_table(cursor, table) for table in tables]))
    made.replace(kept)


def _table(cursor, table):
    cursor.execute(f"SHOW CREATE TABLE `{table}`")
    definition = cursor.fetchone()[1]
    cursor.execute(f"SELECT * FROM `{table}`")
    return table, definition, cursor.fetchall()


def _restore(kept, name):
    _create(name)
    if connection.vendor == "sqlite":
        shutil.copy(kept, name)
        _use(name)
        return
    _use(name)
    collations.set_default(connection)
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for table, definition, rows in pickle.loads(kept.read_bytes()):
            cursor.execute(definition)
            if rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO `{table}` VALUES ({places})", rows)


# --- what each server does in its own way ----------------------------------------
def _create(name):
    if connection.vendor == "sqlite":
        for left in ("", "-wal", "-shm"):
            Path(name + left).unlink(missing_ok=True)
        return
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
        cursor.execute(
            f"CREATE DATABASE `{name}` {connection.creation.sql_table_creation_suffix()}"
        )


def _copy(source, name):
    _create(name)
    if connection.vendor == "sqlite":
        shutil.copy(source, name)
        return
    _use(name)
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = %s",
            [source],
        )
        cursor.execute(f"ALTER DATABASE `{name}` COLLATE {cursor.fetchone()[0]}")
        cursor.execute(f"SHOW TABLES FROM `{source}`")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE `{source}`.`{table}`")
            cursor.execute(cursor.fetchone()[1])
            cursor.execute(f"INSERT INTO `{table}` SELECT * FROM `{source}`.`{table}`")


@contextmanager
def within(name):
    """Give the word by which a statement finds the tables of the database ``name``, this one or the
    original.
    """
    if connection.vendor != "sqlite":
        yield f"`{name}`"
    elif name == connection.settings_dict["NAME"]:
        yield "main"
    else:
        with connection.cursor() as cursor:
            # Nobody writes the original any more: two workers need no locks on it.
            cursor.execute("ATTACH DATABASE %s AS original", [f"file:{name}?immutable=1"])
            try:
                yield "original"
            finally:
                cursor.execute("DETACH DATABASE original")
