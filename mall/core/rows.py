"""Rows and plain SQL: for what is asked so often that the ORM costs more than the database.

The ledger, the stock and the checkout write their statements out here-with; everybody else uses the
ORM. It runs on MySQL, MariaDB and SQLite, and takes fields, tables and conversions from the models,
so a row read here is the row the ORM would have read.
"""

import json
from dataclasses import dataclass, field
from functools import cache

from django.db import connection, models

# Fields whose value every one of the three databases takes as it is.
_PLAIN = {
    models.AutoField,
    models.BigAutoField,
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.IntegerField,
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
    """Return a table's or column's name as this database quotes it."""
    return connection.ops.quote_name(name)


def table(model) -> str:
    """Return a model's table, quoted."""
    return quoted(model._meta.db_table)


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


def insert(objects, *, fields=None, verb: str = "INSERT INTO", suffix: str = "") -> int:
    """Write new rows in one statement and return how many the database took."""
    if not objects:
        return 0
    fields = fields or objects[0]._meta.concrete_fields
    places = ", ".join([f"({marks(fields)})"] * len(objects))
    names = ", ".join(quoted(one.column) for one in fields)
    params = [written(one, row) for row in objects for one in fields]
    return execute(f"{verb} {table(objects[0])} ({names}) VALUES {places}{suffix}", params)


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
    if value is None or _is_plain(field):
        return value
    if isinstance(field, models.JSONField):
        return json.dumps(value, separators=(",", ":"))
    return field.get_db_prep_save(value, connection)


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


def _is_plain(field) -> bool:
    named = field.target_field if field.is_relation else field
    return type(named) in _PLAIN


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
