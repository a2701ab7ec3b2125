"""Rows and plain SQL: for what is asked so often that the ORM costs more than the database.

The ledger, the stock and the checkout write their statements out here-with; everybody else uses the
ORM. It runs on MySQL, MariaDB and SQLite, and takes fields, tables and conversions from the models,
so a row read here is the row the ORM would have read.
"""

import json
from dataclasses import dataclass, field
from functools import cache, partial

from django.db import connection, models

# Fields whose value every one of the three databases takes as it is.
_PLAIN = {
    models.AutoField,
    models.BigAutoField,
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.IntegerField,
    models.PositiveBigIntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of a table that may be there already: its model, and the columns a unique key
    names.
    """

    model: type
    where: dict = field(hash=False)

    def condition(self, alias: str) -> tuple[str, list]:
        """Return the row's condition and its parameters."""
        equal = " AND ".join(f"{alias}.{quoted(column)} = %s" for column in self.where)
        return equal, list(self.where.values())


def quoted(name: str) -> str:
    """Return a table's or column's name as all three databases quote it: SQLite takes MySQL's
    backticks too (https://www.sqlite.org/lang_keywords.html).
    """
    return f"`{name}`"


def table(model) -> str:
    """Return a model's table, quoted."""
    return quoted(model._meta.db_table)


@cache
def columns(alias: str, model) -> str:
    """Return all columns of a model under an alias, in the order ``read`` expects them."""
    return ", ".join(f"{alias}.{quoted(one.column)}" for one in model._meta.concrete_fields)


def marks(items) -> str:
    """Return a place for each item."""
    return ", ".join(["%s"] * len(items))


def locks(account: str, others: str = "") -> str:
    """Return the clause that locks ``account`` for writing and the ``others`` for reading, so that
    all are read as they are once the lock is there.

    MySQL locks for writing only what the user may change (error 1142), and nobody changes entries.
    MariaDB has no OF and asks for no more than SELECT.
    """
    if not connection.features.has_select_for_update:
        return ""
    if not connection.features.has_select_for_update_of:
        return " FOR UPDATE"
    return (f" FOR UPDATE OF {account}" if account else "") + (
        f" FOR SHARE OF {others}" if others else ""
    )


def execute(sql: str, params) -> int:
    """Carry a statement out and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def fetch(sql: str, params) -> list[tuple]:
    """Return the rows a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def find(wanted: Wanted):
    """Return the row that is wanted as last committed, or None."""
    condition, values = wanted.condition("s")
    of = wanted.model
    found = fetch(f"SELECT {columns('s', of)} FROM {table(of)} s WHERE {condition}", values)
    return read(of, found[0]) if found else None


def insert(objects, *, fields=None, verb: str = "INSERT INTO", suffix: str = "") -> int:
    """Write new rows in one statement and return how many the database took."""
    if not objects:
        return 0
    fields = fields or objects[0]._meta.concrete_fields
    return execute(*_insert(objects, fields, verb, suffix))


def insert_read_back(objects, *, by: str) -> bool:
    """Write new rows in one statement and take over the ids the database gives them; False where it
    does not tell them (MySQL, of more than one row).

    ``by`` is an attribute that tells these rows apart: no database promises an order of what it
    returns, and ids of one statement need not follow on each other (auto_increment_increment).
    """
    model = type(objects[0])
    field = model._meta.get_field(by)
    fields = tuple(one for one in model._meta.concrete_fields if one is not model._meta.pk)
    is_single, can_return = len(objects) == 1, connection.features.can_return_rows_from_bulk_insert
    key = quoted(model._meta.pk.column)
    returning = f" RETURNING {key}, {quoted(field.column)}" if can_return and not is_single else ""
    with connection.cursor() as cursor:
        cursor.execute(*_insert(objects, fields, "INSERT INTO", returning))
        if is_single:
            ids = {getattr(objects[0], field.attname): cursor.lastrowid}
        else:
            ids = {value: pk for pk, value in cursor.fetchall()} if returning else {}
    for row in objects:
        row.pk = ids.get(getattr(row, field.attname))
        row._state.adding, row._state.db = False, connection.alias
    return bool(ids)


def insert_new(objects, *, fields=None) -> int:
    """Write the rows whose key is not there yet, in one statement; return how many those are.

    A row that is there raises nothing that would have to be caught inside the transaction.
    """
    ignore = "INSERT OR IGNORE INTO" if connection.vendor == "sqlite" else "INSERT IGNORE INTO"
    return insert(objects, fields=fields, verb=ignore)


def insert_new_for(sample, parent, ids, *, named: str) -> int:
    """Write a row like ``sample`` for each of the ``parent``'s rows of these ids that is there and
    has none yet; ``named`` is the column that names the parent. Returns how many are new.
    """
    fields = sample._meta.concrete_fields
    places = [f"p.{quoted('id')}" if one.column == named else "%s" for one in fields]
    params = [written(one, sample) for one in fields if one.column != named]
    ignore = "INSERT OR IGNORE INTO" if connection.vendor == "sqlite" else "INSERT IGNORE INTO"
    names = ", ".join(quoted(one.column) for one in fields)
    sql = (
        f"{ignore} {table(sample)} ({names}) SELECT {', '.join(places)} FROM {table(parent)} p "
        f"WHERE p.id IN ({marks(ids)})"
    )
    return execute(sql, [*params, *ids])


def written(field, row):
    """Return a field's value as every one of the three databases takes it."""
    value = getattr(row, field.attname)
    prepare = _preparation(field)
    return value if value is None or prepare is None else prepare(value)


def read(model, values):
    """Return the instance a row of all its columns makes (more values may follow), or None for the
    empty side of an outer join.
    """
    readers = _readers(model, connection.vendor)
    if values[_place_of_key(model)] is None:
        return None
    made = []
    for value, (_name, column, converters) in zip(values, readers, strict=False):
        for convert in converters:
            value = convert(value, column, connection)
        made.append(value)
    return model.from_db(connection.alias, [name for name, _column, _convert in readers], made)


def _insert(objects, fields, verb, suffix):
    """Return the statement that writes rows, and its parameters."""
    names, places, plan = _columns_to_write(tuple(fields))
    params = []
    for row in objects:
        for name, prepare in plan:
            value = getattr(row, name)
            params.append(value if value is None or prepare is None else prepare(value))
    all_places = ", ".join([places] * len(objects))
    return f"{verb} {table(objects[0])} ({names}) VALUES {all_places}{suffix}", params


@cache
def _columns_to_write(fields):
    """Return the names of columns, the places of a row, and (attribute, preparation) of each."""
    names = ", ".join(quoted(one.column) for one in fields)
    return names, f"({marks(fields)})", [(one.attname, _preparation(one)) for one in fields]


@cache
def _preparation(field):
    """Return what makes a field's value fit for all three databases, or None for one that does."""
    named = field.target_field if field.is_relation else field
    if type(named) in _PLAIN:
        return None
    if isinstance(field, models.JSONField):
        return partial(json.dumps, separators=(",", ":"))
    return lambda value: field.get_db_prep_save(value, connection)


@cache
def _place_of_key(model) -> int:
    return model._meta.concrete_fields.index(model._meta.pk)


@cache
def _readers(model, vendor):
    """Return (attribute, column, converters) of each field, as the ORM's own compiler has them."""
    found = []
    for one in model._meta.concrete_fields:
        column = one.get_col(model._meta.db_table)
        converters = [
            *connection.ops.get_db_converters(column),
            *column.get_db_converters(connection),
        ]
        found.append((one.attname, column, converters))
    return found
