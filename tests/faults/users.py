"""The database's three users as compose makes them, and ways to be one of them."""

import os
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

PASSWORD = "a-password"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # two workers share one server
MIGRATOR, APP, READER = (f"{name}{WORKER}" for name in ("the_migrator", "mall_app", "mall_reader"))
ROLE = f"wide{WORKER}"


def as_root(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def is_mariadb():
    return connection.mysql_is_mariadb


def database():
    return connection.settings_dict["NAME"]


def pattern():
    """A schema in a grant that means this test's database without naming it."""
    return database()[:-1].replace("_", r"\_") + "%"


def make(upgraded=False):
    """Make the three users: of a new shop, or of one whose first release let two of them do
    everything.
    """
    drop()
    as_root(
        *(
            f"CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}'"
            for name in (MIGRATOR, APP, READER)
        )
    )
    as_root(f"GRANT ALL PRIVILEGES ON `{database()}`.* TO '{MIGRATOR}'@'%' WITH GRANT OPTION")
    if upgraded:
        for name in (APP, READER):
            as_root(
                f"GRANT ALL PRIVILEGES ON `{database()}`.* TO '{name}'@'%' WITH GRANT OPTION",
                f"GRANT UPDATE (note), REFERENCES (id) ON points_ledgerentry TO '{name}'@'%'",
                f"GRANT ALL PRIVILEGES ON catalog_stockmovement TO '{name}'@'%' WITH GRANT OPTION",
            )


def drop():
    as_root(
        *(
            f"DROP USER IF EXISTS '{name}'@'{host}'"
            for name in (MIGRATOR, APP, READER)
            for host in ("%", "localhost")
        )
    )
    as_root(f"DROP ROLE IF EXISTS {ROLE}")


def grant_tables(**options):
    call_command("grant_tables", app=APP, reader=READER, verbosity=0, **options)


def grants_of(name, host="%"):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW GRANTS FOR '{name}'@'{host}'")
        return sorted(line for (line,) in cursor.fetchall())


@contextmanager
def signed_in_as(name, password=PASSWORD, **more):
    """Let the whole application speak to the database as another user."""
    own = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=name, PASSWORD=password, **more)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(own)
