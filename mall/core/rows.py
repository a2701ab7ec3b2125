"""Rows and plain SQL: for what is asked so often that the ORM costs more than the database.

The ledger, the stock and the checkout write their statements out here-with; everybody else uses the
ORM. It runs on MySQL, MariaDB and SQLite, and takes fields, tables and conversions from the models,
so a row read here is the row the ORM would have read.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

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
_as_json = json.JSONEncoder(separators=(",", ":")).encode


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
    fields = tuple(fields or objects[0]._meta.concrete_fields)
    names = ", ".join(quoted(one.column) for one in fields)
    places, params = _places(fields, objects)
    return execute(f"{verb} {table(objects[0])} ({names}) VALUES {places}{suffix}", params)


def _places(fields, objects) -> tuple[str, list]:
    """Return the rows of a VALUES list, and what stands in its places.

    Of many rows whole numbers, NULL and nothing stand in the text itself: the driver asks as much
    of a number as of a text that must be quoted. A single row keeps its places, and so SQLite the
    statement it knows already.
    """
    if len(objects) == 1:
        values = _values(fields, objects[0], {})
        return f"({marks(fields)})", values
    texts, params, known = [], [], {}
    for row in objects:
        values = _values(fields, row, known)
        texts.append(", ".join([_text_of(value, params) for value in values]))
    return f"({'), ('.join(texts)})", params


def _text_of(value, params) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return "NULL"
    if value == "":
        return "''"
    params.append(value)
    return "%s"


def _values(fields, row, known) -> list:
    """Return a row's values as every one of the three databases takes them; ``known`` remembers
    times and days, which rows written together share.
    """
    values = list(_getter(fields)(row))
    for place, one in _prepared(fields):
        value = values[place]
        if value is None:
            continue
        if isinstance(one, models.JSONField):
            values[place] = _as_json(value)
        elif not isinstance(one, models.DateField):
            values[place] = one.get_db_prep_save(value, connection)
        else:
            said = known.get((place, value))
            if said is None:
                said = known[place, value] = one.get_db_prep_save(value, connection)
            values[place] = said
    return values


@cache
def _getter(fields):
    names = [one.attname for one in fields]
    get = attrgetter(*names)
    return get if names[1:] else lambda row: (get(row),)


@cache
def _prepared(fields) -> list:
    """Return (place, field) of those that no database takes as they are."""
    return [(place, one) for place, one in enumerate(fields) if not _is_plain(one)]


def insert_new(objects, *, fields=None) -> int:
    """Write the rows whose key is not there yet, in one statement; return how many those are.

    A row that is there raises nothing that would have to be caught inside the transaction.
    """
    ignore = "INSERT OR IGNORE INTO" if connection.vendor == "sqlite" else "INSERT IGNORE INTO"
    return insert(objects, fields=fields, verb=ignore)


def written(field, row):
    """Return a field's value as every one of the three databases takes it."""
    value = getattr(row, field.attname)
    if value is None or _is_plain(field):
        return value
    if isinstance(field, models.JSONField):
        return _as_json(value)
    return field.get_db_prep_save(value, connection)


def read(model, values):
    """Return the instance a row of all its columns makes (more values may follow), or None for the
    empty side of an outer join.
    """
    if values[_place_of_key(model)] is None:
        return None
    made = list(values)
    names, converters = _readers(model, connection.vendor)
    for place, column, converts in converters:
        for convert in converts:
            made[place] = convert(made[place], column, connection)
    return model.from_db(connection.alias, names, made[: len(names)])


def _is_plain(field) -> bool:
    named = field.target_field if field.is_relation else field
    return type(named) in _PLAIN


@cache
def _place_of_key(model) -> int:
    return model._meta.concrete_fields.index(model._meta.pk)


@cache
def _readers(model, vendor):
    """Return the attributes of all fields, and (place, column, converters) of those that have any,
    as the ORM's own compiler has them.
    """
    names, found = [], []
    for place, one in enumerate(model._meta.concrete_fields):
        column = one.get_col(model._meta.db_table)
        converters = [
            *connection.ops.get_db_converters(column),
            *column.get_db_converters(connection),
        ]
        names.append(one.attname)
        if converters:
            found.append((place, column, converters))
    return names, found
