"""Rows and plain SQL: for what is asked so often that the ORM costs more than the database.

The ledger, the stock and the checkout write their statements out here-with; everybody else uses the
ORM. It runs on MySQL, MariaDB and SQLite, and takes fields, tables and conversions from the models,
so a row read here is the row the ORM would have read.
"""

import json
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from functools import cache
from operator import attrgetter

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

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
    where: dict = attribute(hash=False)

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
    values = _values(fields, objects)
    if len(values) == 1:
        return f"({marks(fields)})", values[0]
    params = []
    texts = [", ".join([_text_of(value, params) for value in row]) for row in values]
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


def _values(fields, objects) -> list[list]:
    """Return the values of rows as every one of the three databases takes them. Rows that are
    written together share times and days, which are made once.
    """
    get, prepared = _taking(fields)
    found, known = [], {}
    for one in objects:
        row = list(get(one))
        for place, field, is_json in prepared:
            value = row[place]
            if is_json:
                row[place] = _as_json(value) if value is not None else None
            elif isinstance(value, date):
                if (place, value) not in known:
                    known[place, value] = field.get_db_prep_save(value, connection)
                row[place] = known[place, value]
            elif value is not None:
                row[place] = field.get_db_prep_save(value, connection)
        found.append(row)
    return found


@cache
def _taking(fields):
    """Return what takes the fields' values of a row, and (place, field, is JSON) of those that no
    database takes as they are.
    """
    names = [one.attname for one in fields]
    get = attrgetter(*names)
    prepared = [
        (place, one, isinstance(one, models.JSONField))
        for place, one in enumerate(fields)
        if not _is_plain(one)
    ]
    return (get if names[1:] else lambda row: (get(row),)), prepared


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
        return _as_json(value)
    return field.get_db_prep_save(value, connection)


def read(model, values):
    """Return the instance a row of all its columns makes (more values may follow), or None for the
    empty side of an outer join.
    """
    if values[_place_of_key(model)] is None:
        return None
    made = list(values)
    names, converters = _readers(model)
    for place, column, converts in converters:
        for convert in converts:
            made[place] = convert(made[place], column, connection)
    return known(model, zip(names, made, strict=False))


def known(model, values):
    """Return an instance as one that was read, of (attribute, value) of all its columns.

    As ``from_db`` does, but no field is asked for a default nor any receiver told, which costs more
    than a posting's arithmetic.
    """
    made = model.__new__(model)
    made.__dict__.update(values)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


def _is_plain(field) -> bool:
    named = field.target_field if field.is_relation else field
    return type(named) in _PLAIN


@cache
def _place_of_key(model) -> int:
    return model._meta.concrete_fields.index(model._meta.pk)


@cache
def _readers(model):
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
