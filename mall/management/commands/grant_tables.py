"""Give the application's and the reader's database users exactly what they need, table by table."""

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from mall.database.rights import append_only_tables, excess, privileges_of_app, privileges_of_reader

OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX")
OF_TABLES += ("REFERENCES", "TRIGGER", "CREATE VIEW", "SHOW VIEW")
NOTHING_TO_REVOKE = 1141
NOT_MINE_TO_SEE = (1044, 1142, 1227)
NO_SUCH_USER = (1133, 1410)


class Command(BaseCommand):
    """Grant on every table and take away all else: even a broken application cannot change rows
    that are only ever added.

    Run by the migrating user after each ``migrate`` (MySQL and MariaDB cannot take one table out of
    a grant on all, so each table is named). That user does not see what others hold, so everything
    is revoked without looking; first comes what is needed, so that a shop that is open misses
    nothing meanwhile. Doing it again changes nothing. Run by the database's administrator it also
    takes back what lies outside this database.
    """

    help = (
        "Grant the application's and the reader's database users what they need, table by "
        "table (after migrate)."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--app", default="mall", metavar="USER", help="the user of web, worker and beat"
        )
        parser.add_argument(
            "--reader",
            default="mall_read",
            metavar="USER",
            help="the user of reports and the replica (empty: none)",
        )
        parser.add_argument(
            "--host",
            help="where they come from (default: wherever they are known from, else anywhere)",
        )
        parser.add_argument(
            "--print", action="store_true", dest="only_print", help="print the statements, run none"
        )

    def handle(self, *args, app, reader, host, only_print, **options):
        if connection.vendor != "mysql":
            raise CommandError(
                "Database users are a matter of MySQL and MariaDB; this shop's database has none."
            )
        count = 0
        with connection.cursor() as cursor:
            for user, privileges_of in ((app, privileges_of_app), (reader, privileges_of_reader)):
                for account in _accounts(cursor, user, host) if user else ():
                    for statement in _statements(cursor, account, privileges_of):
                        count += 1
                        if only_print:
                            self.stdout.write(f"{statement};")
                        else:
                            _run(cursor, statement, account)
        if not only_print:
            self.stdout.write(
                f"{count} statements for {app} and {reader}; {len(append_only_tables())} tables "
                f"are append-only."
            )


def _accounts(cursor, user, host):
    """Return a user's accounts, ready for SQL: of the host that was named, or of all that can be
    seen.
    """
    hosts = [(host or "%",)]
    if host is None:
        hosts = _ask(cursor, "SELECT host FROM mysql.user WHERE user = %s", [user]) or hosts
    return [f"{_quoted(user)}@{_quoted(name)}" for (name,) in hosts]


def _statements(cursor, account, privileges_of):
    """Yield what brings an account from whatever it holds to what it needs."""
    # MySQL revokes nothing of a list when one of its privileges is not held; MariaDB does, and
    # knows no IF EXISTS.
    revoke, of_tables = "REVOKE IF EXISTS", OF_TABLES
    if connection.mysql_is_mariadb:
        revoke, of_tables = "REVOKE", (*OF_TABLES, "DELETE HISTORY")
    database = connection.settings_dict["NAME"]
    for right in _too_much(cursor, account, privileges_of):
        if right.is_everything:  # first, for it takes along what is granted below
            yield from right.revocations()
    for table in sorted(connection.introspection.table_names(cursor)):
        needed = privileges_of(table)
        where = f"ON `{database}`.`{table}`"
        yield f"GRANT {', '.join(needed)} {where} TO {account}"
        yield (
            f"{revoke} {', '.join(name for name in of_tables if name not in needed)}, GRANT "
            f"OPTION {where} FROM {account}"
        )
    # In a grant on a schema _ and % are wildcards, unless escaped: whoever gave it may have written
    # either.
    for schema in sorted({database, database.replace("_", r"\_").replace("%", r"\%")}):
        for privilege in ("ALL PRIVILEGES", "GRANT OPTION"):
            yield f"{revoke} {privilege} ON `{schema}`.* FROM {account}"
    for right in _too_much(cursor, account, privileges_of):
        if not right.is_everything:
            yield from right.revocations()


def _too_much(cursor, account, privileges_of):
    """Return what an account holds too much now, as far as it can be seen."""
    held = [line for (line,) in _ask(cursor, f"SHOW GRANTS FOR {account}")]
    return excess(held, connection.settings_dict["NAME"], privileges_of)


def _ask(cursor, question, values=None):
    """Return the answer, empty when it is not this user's to see."""
    try:
        cursor.execute(question, values)
    except DatabaseError as error:
        if error.args[0] not in NOT_MINE_TO_SEE:
            raise
        return []
    return cursor.fetchall()


def _run(cursor, statement, account):
    try:
        cursor.execute(statement)
    except DatabaseError as error:
        code, words = error.args[:2]
        if code in NO_SUCH_USER:
            mend = f"CREATE USER {account} IDENTIFIED BY '…', then run this again"
            raise CommandError(f"There is no database user {account}: {mend}.") from None
        if code != NOTHING_TO_REVOKE:
            mend = "Run this as the user that migrates, who holds ALL PRIVILEGES WITH GRANT OPTION"
            raise CommandError(f"{statement}: {words}. {mend}.") from None


def _quoted(name):
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
