"""System checks: the ledger runs on READ COMMITTED, and writers of SQLite queue at BEGIN."""

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections

HINT = (
    "Set OPTIONS['isolation_level'] = 'read committed': under REPEATABLE READ a verb could "
    "read a balance from before its lock."
)


@checks.register(checks.Tags.compatibility)
def check_isolation_settings(app_configs, **kwargs):
    """Refuse settings under which a posting could read what was true before it had the lock."""
    found = []
    for alias, database in settings.DATABASES.items():
        options = database.get("OPTIONS", {})
        if (
            database["ENGINE"].endswith("mysql")
            and str(options.get("isolation_level", "")).lower() != "read committed"
        ):
            found.append(
                checks.Error(
                    f"Database '{alias}' does not run on READ COMMITTED.",
                    hint=HINT,
                    id="points.E001",
                )
            )
        if (
            database["ENGINE"].endswith("sqlite3")
            and options.get("transaction_mode") != "IMMEDIATE"
        ):
            hint = (
                "Set OPTIONS['transaction_mode'] = 'IMMEDIATE': otherwise two writers fail "
                "with 'database is locked'."
            )
            found.append(
                checks.Error(
                    f"Database '{alias}' does not begin its transactions IMMEDIATE.",
                    hint=hint,
                    id="points.E002",
                )
            )
    return found


@checks.register(checks.Tags.database)
def check_isolation_of_server(app_configs, databases=None, **kwargs):
    """Ask the server itself, when ``check --database`` or ``migrate`` may talk to it."""
    found = []
    for alias in databases or []:
        connection = connections[alias]
        if connection.vendor != "mysql":
            continue
        name = "tx_isolation" if connection.mysql_is_mariadb else "transaction_isolation"
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT @@{name}")
                level = cursor.fetchone()[0]
        except DatabaseError:
            continue
        if level != "READ-COMMITTED":
            found.append(
                checks.Error(
                    f"Database '{alias}' answers {level}, not READ-COMMITTED.",
                    hint=HINT,
                    id="points.E001",
                )
            )
    return found
