"""How text compares in MySQL and MariaDB: keys as bytes, words as people read, whatever the
server's default is.

Both servers' defaults ignore case, accents, full width and trailing blanks: ``a1`` would be
answered with what ``A1`` bought. So every column is told its collation
(key_columns and word_columns say which and why), and tables and database have the exact one as
their default: whatever a later migration forgets compares as bytes. ``manage.py migrate`` begins
with ``set_default`` and ends with ``mend``. SQLite compares bytes by itself.

Source: docs/decisions/0018-keys-are-bytes.md.
"""

import re
from contextlib import closing

from django.apps import apps
from django.core import checks
from django.db import connections, models
from django.db.models import lookups

from mall.database.word_columns import SPOKEN, WORDS

# No padding: "a1 " is not "a1". The two servers share no name for it.
EXACT_OF_MARIADB, EXACT_OF_MYSQL = "utf8mb4_nopad_bin", "utf8mb4_0900_bin"
# for whoever still reads the table; everybody else queues behind us meanwhile
METADATA_WAIT_SECONDS = 30
HINT = "Run `manage.py migrate`; until then keys that differ in case only are one key."
_DEFINITION = re.compile(
    r"^  `(\w+)` (\w+(?:\(\d+\))?)(?: CHARACTER SET \w+)?(?: COLLATE \w+)?(.*?),?$", re.MULTILINE
)


def exact(connection) -> str:
    """Return the name of the server's collation that compares bytes."""
    return EXACT_OF_MARIADB if connection.mysql_is_mariadb else EXACT_OF_MYSQL


def set_default(connection) -> bool:
    """Make the exact collation the database's own, for the tables to come; False when it was."""
    if connection.vendor != "mysql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = "
            "DATABASE()"
        )
        if cursor.fetchone() == (exact(connection),):
            return False
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE {exact(connection)}")
    return True


def mend(connection) -> int:
    """Give every text column its collation and return how many tables were rebuilt; a second call
    rebuilds none.

    One ALTER for each table that is not as stated: it copies the table, and whoever writes there
    waits meanwhile (a ledger of a million entries: docs/operations.md). Safe to break off and run
    again.
    """
    astray = tables_astray(connection) if connection.vendor == "mysql" else {}
    if not astray:
        return 0
    with closing(_patient(connection)) as own, own.cursor() as cursor:
        quote = own.ops.quote_name
        cursor.execute(f"SET SESSION lock_wait_timeout = {METADATA_WAIT_SECONDS}")
        # Rows are copied as they are; the two sides of a foreign key of text change one after the
        # other.
        cursor.execute("SET SESSION foreign_key_checks = 0")
        for table, columns in sorted(astray.items()):
            changes = [f"MODIFY {change}" for change in _definitions(cursor, quote(table), columns)]
            changes.append(f"DEFAULT CHARACTER SET utf8mb4 COLLATE {exact(own)}")
            cursor.execute(f"ALTER TABLE {quote(table)} {', '.join(changes)}")
    return len(astray)


def set_default_before_migrate(using, **kwargs):
    """Receiver of ``pre_migrate``: tables are made right at once."""
    set_default(connections[using])


def mend_after_migrate(using, **kwargs):
    """Receiver of ``post_migrate``: what this migrate made, or a library's migration reset, is put
    right.
    """
    mend(connections[using])


def tables_astray(connection) -> dict[str, dict[str, str]]:
    """Return ``{table: {column: collation it should have}}`` of what is not as stated; a table's
    own default is no column.
    """
    own = {model._meta.db_table for model in _models()} | {"django_migrations"}
    words, json = listed(WORDS), _json_columns()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, table_collation FROM information_schema.tables WHERE table_schema "
            "= DATABASE()"
        )
        astray = {
            table: {}
            for table, collation in cursor.fetchall()
            if table in own and collation != exact(connection)
        }
        cursor.execute(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND collation_name IS NOT NULL"
        )
        for table, column, collation in cursor.fetchall():
            stated = SPOKEN if (table, column) in words else exact(connection)
            if table in own and collation != stated and (table, column) not in json:
                astray.setdefault(table, {})[column] = stated
    return astray


def listed(table: dict) -> dict[tuple[str, str], str]:
    """Return ``{(table, column): reason}`` of KEYS or WORDS (key_columns, word_columns)."""
    found = {}
    for reason, lines in table.items():
        for line in lines.split("\n"):
            name, _colon, columns = line.strip().partition(":")
            found.update({(name, column): reason for column in columns.split()})
    return found


def text_columns() -> set[tuple[str, str]]:
    """Return (table, column) of every text that the models of the shop and of its libraries
    keep.
    """
    found = {("django_migrations", "app"), ("django_migrations", "name")}
    for model in _models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field.target_field if field.is_relation else field, _TEXTS):
                found.add((model._meta.db_table, field.column))
    return found


@checks.register(checks.Tags.database)
def check_collations(app_configs, databases=None, **kwargs):
    """Ask the server, when ``check --database`` or ``migrate`` may talk to it. A warning, or
    ``migrate`` could not mend it.
    """
    found = []
    for alias in databases or []:
        if connections[alias].vendor == "mysql" and (astray := tables_astray(connections[alias])):
            named = ", ".join(sorted(astray)[:5]) + (" …" if len(astray) > 5 else "")
            message = (
                f"Database '{alias}': text of {len(astray)} tables does not compare as "
                f"stated ({named})."
            )
            found.append(checks.Warning(message, hint=HINT, id="mall.W001"))
    return found


# --- searching by hand ---------------------------------------------------------
class _Spoken:
    """``i…`` lookups are people typing: case does not matter to them, also in a column that
    compares as bytes.
    """

    def get_rhs_op(self, connection, rhs):
        operator = super().get_rhs_op(connection, rhs)
        return f"{operator} COLLATE {SPOKEN}" if connection.vendor == "mysql" else operator


def let_people_search() -> None:
    """Make iexact, icontains, istartswith and iendswith of text ignore case on MySQL and MariaDB,
    as on SQLite.
    """
    for lookup in (lookups.IExact, lookups.IContains, lookups.IStartsWith, lookups.IEndsWith):
        for kind in (models.CharField, models.TextField):
            kind.register_lookup(type(lookup.__name__, (_Spoken, lookup), {}))


# --- parts ---------------------------------------------------------------------
_TEXTS = (
    models.CharField,
    models.TextField,
    models.FileField,
    models.GenericIPAddressField,
    models.UUIDField,
)


def _models():
    managed = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return [model for model in managed if not model._meta.proxy]


def _json_columns():
    """MariaDB keeps JSON as text that compares as bytes already."""
    return {
        (m._meta.db_table, f.column)
        for m in _models()
        for f in m._meta.local_concrete_fields
        if isinstance(f, models.JSONField)
    }


def _definitions(cursor, table, columns):
    """Yield each column's own definition with the stated collation in place of the present one."""
    cursor.execute(f"SHOW CREATE TABLE {table}")
    for name, kind, rest in _DEFINITION.findall(cursor.fetchone()[1]):
        if name in columns:
            yield f"`{name}` {kind} CHARACTER SET utf8mb4 COLLATE {columns[name]}{rest}"


def _patient(connection):
    """Return a connection of its own without the shop's time-outs: a large table takes longer than
    any page may.
    """
    own = connection.copy()
    for bound in ("read_timeout", "write_timeout"):
        own.settings_dict["OPTIONS"].pop(bound, None)
    return own
