"""What the users of MySQL or MariaDB may do: the application adds to history, and nobody rewrites
it.

A user sees in SHOW GRANTS what he may do himself and nothing of others, so the truth about the
application's rights is asked for over its own connection: when web, worker and beat start, and by
``check --deploy``. Source: docs/reliability.md "operator abuse"; docs/ledger.md, "Who may write";
docs/decisions/0017.
"""

import re
from dataclasses import dataclass

import structlog
from django.apps import apps
from django.core import checks
from django.db import DatabaseError, OperationalError, connections
from django.db.backends.signals import connection_created
from simple_history.models import HistoricalChanges

from mall.core.append_only import AppendOnly
from points.models import LedgerEntry

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
ADDED_ONLY = ("SELECT", "INSERT")
READ_ONLY = ("SELECT",)
# What neither changes a row that is there nor a table, wherever it is held. All else is too much.
HARMLESS = {
    "USAGE",
    "SELECT",
    "SHOW VIEW",
    "SHOW DATABASES",
    "LOCK TABLES",
    "CREATE TEMPORARY TABLES",
    "PROCESS",
}
EVERYTHING = "ALL PRIVILEGES"
DISK_FUNCTION = "free_disk_share"  # ops/mysql/disk.sql
SHOWN = 3
NO_GRANTS_AT_ALL = 1290  # --skip-grant-tables
_log = structlog.get_logger(__name__)


class WideRights(OperationalError):
    """The application's database user could rewrite what is only ever added; the sentence says how
    to mend it.
    """


# --- what is needed ------------------------------------------------------------


def append_only_tables() -> set[str]:
    """Return the tables whose rows are added and never changed."""
    added = (AppendOnly, LedgerEntry, HistoricalChanges)
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, added)}


def privileges_of_app(table) -> tuple[str, ...]:
    """Return what the application may do with a table."""
    if table == "django_migrations":
        return READ_ONLY
    return ADDED_ONLY if table in append_only_tables() else ALL


def privileges_of_reader(table) -> tuple[str, ...]:
    """Return what reports may do with a table."""
    return READ_ONLY


# --- what is held --------------------------------------------------------------


@dataclass(frozen=True)
class Right:
    """A line of SHOW GRANTS: what may be done, or which role put on (then ``on`` is empty), where,
    and by whom.
    """

    privileges: tuple[str, ...]
    on: str
    to: str

    def __str__(self):
        what = _shortened(self.privileges)
        return f"{what} on {self.on}" if self.on else f"the role {what}"

    @property
    def is_everything(self):
        """Tell whether nothing but taking all rights away puts it right."""
        return self.on == "*.*" and _shortened(self.privileges).startswith(EVERYTHING)

    def revocations(self) -> list[str]:
        """Return the statements that take it away."""
        if not self.on:
            return [f"REVOKE {', '.join(self.privileges)} FROM {self.to}"]
        # MySQL's REVOKE ALL PRIVILEGES ON *.* takes schemas and tables along without saying so
        if self.is_everything:
            return [f"REVOKE {EVERYTHING}, GRANT OPTION FROM {self.to}"]
        plain = tuple(name for name in self.privileges if name != "GRANT OPTION")
        parts = [_shortened(plain), *(["GRANT OPTION"] if plain != self.privileges else [])]
        return [f"REVOKE {part} ON {self.on} FROM {self.to}" for part in parts if part]


def excess(lines, database, privileges_of=privileges_of_app) -> list[Right]:
    """Return what the ``lines`` of SHOW GRANTS allow beyond what ``privileges_of`` a table of the
    database needs.
    """
    found = []
    for right in filter(None, map(_read, lines)):
        allowed = _allowed(right.on, database, privileges_of)
        too_much = tuple(
            name
            for name in right.privileges
            if allowed is not None and name.partition(" (")[0] not in allowed
        )
        if too_much:
            found.append(Right(too_much, right.on, right.to))
    return found


def _read(line):
    parts = re.fullmatch(
        r"GRANT (.+?)(?: ON (.+?))? TO (.+?)( (?:IDENTIFIED|REQUIRE|WITH) .*)?", line
    )
    if parts is None:
        return None  # SET DEFAULT ROLE, or a partial REVOKE
    what, on, to, rest = parts.groups(default="")
    if not on:
        return Right((what,), "", to)
    privileges = [part.group() for part in re.finditer(r"[A-Z][A-Z_ ]*[A-Z](?: \([^)]*\))?", what)]
    return Right((*privileges, *(["GRANT OPTION"] if "GRANT OPTION" in rest else [])), on, to)


def _allowed(on, database, privileges_of):
    """Return the privileges nobody minds on what stands after ON; None when it is no business of
    ours.
    """
    if on == f"FUNCTION `{database}`.`{DISK_FUNCTION}`":
        return None
    place = re.fullmatch(r"(?:`(?P<schema>.+?)`|\*)\.(?:`(?P<table>.+)`|\*)", on)
    if place is None:  # a role, PROXY or a stored routine, which may do what its author may
        return HARMLESS
    schema, table = place["schema"], place["table"]
    if table:
        if schema == database:
            return HARMLESS | {"INSERT", *privileges_of(table)}
        return HARMLESS if schema == "mysql" else None
    if schema is None or _matches(schema, "mysql"):
        return HARMLESS  # who may write mysql.* gives himself the rest
    return HARMLESS | {"INSERT"} if _matches(schema, database) else None


def _matches(pattern, name):
    """Tell whether a schema in a grant, with _ and % as in LIKE, means the database ``name``."""
    signs = {"_": ".", "%": ".*"}
    parts = re.findall(r"\\.|.", pattern)
    expression = "".join(signs.get(part, re.escape(part[-1])) for part in parts)
    return re.fullmatch(expression, name, re.IGNORECASE) is not None


def _shortened(privileges):
    return ", ".join(privileges) if len(privileges) <= 6 else EVERYTHING


# --- the application's own side ----------------------------------------------------


def verify(connection) -> None:
    """Look at what this connection may do. Raises: WideRights, DatabaseError (the database is
    away).
    """
    if connection.vendor != "mysql":
        return
    with connection.cursor() as cursor:
        # By the server's own name for it: with lower_case_table_names=1 the grants say `mall` where
        # the URL says Mall.
        cursor.execute("SELECT CURRENT_USER(), COALESCE(DATABASE(), '')")
        user, database = cursor.fetchone()
        try:
            # Without a role MySQL shows the user's own rights, and that he might put one on.
            cursor.execute("SET ROLE NONE")
            # Not FOR CURRENT_USER(): MariaDB then leaves out what is granted to PUBLIC.
            cursor.execute("SHOW GRANTS")
        except OperationalError as error:
            if error.args[0] != NO_GRANTS_AT_ALL:
                raise
            raise WideRights(
                f"The database asks nobody for rights ({error.args[1]}): start it without that "
                f"option."
            ) from None
        too_much = excess([line for (line,) in cursor.fetchall()], database)
    if too_much:
        raise WideRights(_sentence(user, too_much))


def demand_narrow_rights() -> None:
    """End the start of a process that serves when its database user could rewrite history.

    A database that is away is no reason: the shop starts, answers 503, and no connection is used
    before one was verified. Raises: SystemExit with a sentence and the statements that mend it.
    """
    for alias in connections:
        try:
            _verify_once(connections[alias])
        except WideRights as refusal:
            raise SystemExit(f"The mall does not start:\n  {refusal}") from None
        except DatabaseError as error:
            _log.warning(
                "database away, its rights are verified later", alias=alias, error=str(error)
            )
        finally:
            connections[alias].close()
    connection_created.connect(_verify_new, dispatch_uid="database rights")


_verified = set()


def _verify_once(connection):
    if connection.alias not in _verified:
        verify(connection)
        _verified.add(connection.alias)


def _verify_new(connection, **_):
    try:
        _verify_once(connection)
    except DatabaseError as error:
        if isinstance(error, WideRights):
            _log.critical("database rights too wide", alias=connection.alias, error=str(error))
        connection.close()  # or the next request would use it
        raise


@checks.register(checks.Tags.security, deploy=True)
def check_rights(app_configs, **_):
    """Say what the application's users may do too much; nothing of a database that is away."""
    errors = []
    for alias in connections:
        try:
            verify(connections[alias])
        except WideRights as refusal:
            errors.append(checks.Error(str(refusal), obj=f"DATABASES[{alias!r}]", id="mall.E001"))
        except DatabaseError as error:
            _log.warning(
                "database away, its rights are not verified", alias=alias, error=str(error)
            )
    return errors


def _sentence(user, too_much):
    held = "; ".join(map(str, too_much[:SHOWN])) + (
        f"; and {len(too_much) - SHOWN} more" if len(too_much) > SHOWN else ""
    )
    statements = "; ".join(
        dict.fromkeys(statement for right in too_much[:SHOWN] for statement in right.revocations())
    )
    return (
        f"The database user {user} holds {held}: the ledger and all else that is only ever added "
        f"could be rewritten. "
        f"Let the database's administrator run {statements}; then run manage.py grant_tables as "
        f"the user that migrates. "
        "A shop with one database user for everything needs a second one: docs/operations.md, "
        '"Database users".'
    )
