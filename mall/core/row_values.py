"""What stands in a row, between its three worlds: the model's attributes, the database's values,
and the text of a statement.

Fields, tables and conversions come from the models, so a row read here is the row the ORM would
have read. For mall/core/rows.py.
"""

import json
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
    models.PositiveBigIntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
}
_as_json = json.JSONEncoder(separators=(",", ":")).encode


def places(fields, objects) -> tuple[str, list]:
    """Return the rows of a VALUES list, and what stands in its places.

    Of many rows whole numbers, NULL and nothing stand in the text itself: the driver asks as much
    of a number as of a text that must be quoted. A single row keeps its places, and so SQLite the
    statement it knows already.
    """
    values = _values(fields, objects)
    if len(values) == 1:
        return f"({', '.join(['%s'] * len(fields))})", values[0]
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
    names, converters = readers(model)
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


@cache
def _is_plain(field) -> bool:
    named = field.target_field if field.is_relation else field
    return type(named) in _PLAIN


@cache
def _place_of_key(model) -> int:
    return model._meta.concrete_fields.index(model._meta.pk)


@cache
def readers(model):
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
