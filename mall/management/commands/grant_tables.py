"""Give the application's and the reader's database users exactly what they need, table by table."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from simple_history.models import HistoricalChanges

from mall.append_only import AppendOnly
from points.models import LedgerEntry

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
ADDED_ONLY = ("SELECT", "INSERT")
READ_ONLY = ("SELECT",)


class Command(BaseCommand):
    """Grant on every table; rows that are only ever added cannot be changed even by a broken application.

    Run by the migrating user after each ``migrate`` (MySQL and MariaDB cannot take one table out of a grant on
    all, so each table is named). Doing it again changes nothing.
    """

    help = "Grant the application's and the reader's database users what they need, table by table (after migrate)."

    def add_arguments(self, parser):
        parser.add_argument("--app", default="mall", metavar="USER", help="the user of web, worker and beat")
        parser.add_argument("--reader", default="mall_read", metavar="USER", help="the user of reports and the replica")
        parser.add_argument("--host", default="%", help="where they come from (default: anywhere)")
        parser.add_argument("--print", action="store_true", dest="only_print", help="print the statements, run none")

    def handle(self, *args, app, reader, host, only_print, **options):
        if connection.vendor != "mysql":
            raise CommandError("Database users are a matter of MySQL and MariaDB; this shop's database has none.")
        with connection.cursor() as cursor:
            if too_much := _schema_wide(cursor, app, host) & {"UPDATE", "DELETE", "DROP"}:
                raise CommandError(
                    f"{app}@{host} holds {', '.join(sorted(too_much))} on the whole database, so nothing would stay append-only: "
                    f"REVOKE ALL PRIVILEGES ON `{connection.settings_dict['NAME']}`.* FROM '{app}'@'{host}', then run this again."
                )
            statements = [*_grants(cursor, app, host, privileges_of_app), *_grants(cursor, reader, host, lambda table: READ_ONLY)]
            for statement in statements:
                if only_print:
                    self.stdout.write(f"{statement};")
                else:
                    cursor.execute(statement)
        if not only_print:
            self.stdout.write(f"{len(statements)} statements for {app} and {reader}; {len(append_only_tables())} tables are append-only.")


def append_only_tables() -> set[str]:
    """Return the tables whose rows are added and never changed."""
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, (AppendOnly, LedgerEntry, HistoricalChanges))}


def privileges_of_app(table) -> tuple[str, ...]:
    """Return what the application may do with a table."""
    if table == "django_migrations":
        return READ_ONLY
    return ADDED_ONLY if table in append_only_tables() else ALL


def _grants(cursor, user, host, privileges_of):
    """Yield the statements that bring one user from what he holds to what he needs."""
    database = connection.settings_dict["NAME"]
    held = _held(cursor, user, host)
    for table in sorted(connection.introspection.table_names(cursor)):
        needed = set(privileges_of(table))
        where = f"ON `{database}`.`{table}`"
        if excess := held.get(table, set()) - needed:
            yield f"REVOKE {', '.join(sorted(excess))} {where} FROM '{user}'@'{host}'"
        if missing := needed - held.get(table, set()):
            yield f"GRANT {', '.join(sorted(missing))} {where} TO '{user}'@'{host}'"


def _held(cursor, user, host) -> dict[str, set[str]]:
    cursor.execute(
        "SELECT table_name, privilege_type FROM information_schema.table_privileges WHERE grantee = %s AND table_schema = DATABASE()",
        [f"'{user}'@'{host}'"],
    )
    held = {}
    for table, privilege in cursor.fetchall():
        held.setdefault(table, set()).add(privilege)
    return held


def _schema_wide(cursor, user, host) -> set[str]:
    cursor.execute(
        "SELECT privilege_type FROM information_schema.schema_privileges WHERE grantee = %s AND table_schema = DATABASE()",
        [f"'{user}'@'{host}'"],
    )
    return {privilege for (privilege,) in cursor.fetchall()}
