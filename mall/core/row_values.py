"""What stands in a row, between its three worlds: the model's attributes, the database's values,
and the text of a statement.

Fields, tables and conversions come from the models, so a row read here is the row the ORM would
have read. For mall/core/rows.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache, partial
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
_CONVERTING = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
VALUES_KEPT = 1024  # instants and amounts as text: those of one request come several times
_as_json = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Some columns of a model: their names as written in a statement, what takes their values of a
    row, and (place, how it is written) of those that no database takes as they are.
    """

    names: list[str]
    take: Callable
    prepared: list[tuple[int, Callable]]

    def values(self, row) -> list:
        """Return a row's values as every one of the three databases takes them."""
        return self.written(list(self.take(row)))

    def written(self, found: list) -> list:
        """Make of values what every one of the three databases takes."""
        for place, write in self.prepared:
            if found[place] is not None:
                found[place] = write(found[place])
        return found


@cache
def columns_of(model, *names) -> Columns:
    """Return the columns of these attributes, or all of a model. Nothing is asked of a field
    again: what a statement needs of it is found out once a process.
    """
    fields = model._meta.concrete_fields
    if names:
        by_name = {one.attname: one for one in fields}
        fields = [by_name[name] for name in names]
    attributes = [one.attname for one in fields]
    get = attrgetter(*attributes)
    return Columns(
        [f"`{one.column}`" for one in fields],
        get if attributes[1:] else lambda row: (get(row),),
        [(place, _writer(one)) for place, one in enumerate(fields) if not _is_plain(one)],
    )


def places(columns: Columns, objects) -> tuple[str, list]:
    """Return the rows of a VALUES list, and what stands in its places."""
    params, is_single = [], len(objects) == 1
    texts = [", ".join(_texts(columns.values(one), params, is_single)) for one in objects]
    return f"({'), ('.join(texts)})", params


def assignments(columns: Columns, row) -> tuple[str, list]:
    """Return what follows SET to write these columns of a row, and what stands in its places."""
    return _assigned(columns, columns.values(row))


def changes(model, values: dict) -> tuple[str, list]:
    """Return what follows SET to write ``values`` ({attribute: value}), and what stands in its
    places.
    """
    columns = columns_of(model, *values)
    return _assigned(columns, columns.written(list(values.values())))


def _assigned(columns, values):
    params = []
    texts = _texts(values, params, is_single=True)
    pairs = zip(columns.names, texts, strict=True)
    return ", ".join([f"{name} = {text}" for name, text in pairs]), params


def _texts(values, params, is_single) -> list[str]:
    """Return what stands in a statement for each value, and add to ``params`` what its places hold.

    Numbers, NULL and nothing stand in the text itself: the driver asks as much of a number as of a
    text that must be quoted. A single row keeps its places for SQLite, which then has the
    statement ready.
    """
    if is_single and connection.vendor == "sqlite":
        params += values
        return ["%s"] * len(values)
    texts = []
    for value in values:  # not a function each: there are a hundred in an order
        kind = type(value)
        if kind is int:
            texts.append(str(value))
        elif value is None:
            texts.append("NULL")
        elif value == "":
            texts.append("''")
        elif kind is Decimal and value.is_finite():
            texts.append(format(value, "f"))
        else:
            params.append(value)
            texts.append("%s")
    return texts


def _writer(field) -> Callable:
    """Return what makes of a field's value what a database takes.

    Instants and amounts are the same text in all three, as Django's own (5.2) adapters write it,
    without asking the field each time.
    """
    if isinstance(field, models.JSONField):
        return _as_json
    if type(field) is models.DateTimeField:
        return _instant
    if type(field) is models.DateField:
        return date.isoformat
    if type(field) is models.DecimalField:
        return lru_cache(VALUES_KEPT)(partial(_as_asked, field))
    return partial(_as_asked, field)


@lru_cache(VALUES_KEPT)
def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value} is no instant: nobody says in which time zone")
    return str(value.astimezone(UTC).replace(tzinfo=None))


def _as_asked(field, value):
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
    """Return an instance as one that was read, of (attribute, value) of its columns; what is not
    named is read at the first look at it.

    As ``from_db`` does, but no field is asked for a default nor any receiver told, which costs more
    than a posting's arithmetic.
    """
    made = model.__new__(model)
    made.__dict__.update(values)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


def fresh(model, **values):
    """Return a new instance that is not written yet: ``values`` by attribute (``user_id``), the
    defaults for what is not named. A default that is made anew for each row must be named.

    As ``model(**values)``, which for two dozen columns costs what writing them does.
    """
    made = model.__new__(model)
    held = made.__dict__
    held["_state"] = ModelState()
    held.update(_defaults(model))
    held.update(values)
    return made


@cache
def _defaults(model) -> dict:
    fields = model._meta.concrete_fields
    plain = [one for one in fields if not (one.has_default() and callable(one.default))]
    return {one.attname: one.get_default() for one in plain}


def twin(row):
    """Return a copy of a row: the same values, not the same rows beside it."""
    made = row.__class__.__new__(row.__class__)
    made.__dict__.update(row.__dict__)
    made._state = ModelState()
    made._state.adding, made._state.db = row._state.adding, row._state.db
    return made


def _is_plain(field) -> bool:
    """Say whether a database takes a field's values as they are: a plain one, one that only names
    or checks more than that, and what leads to such a key.
    """
    while field.is_relation:
        field = field.target_field
    own = type(field)
    plain = next((base for base in own.__mro__ if base in _PLAIN), None)
    return plain is not None and all(getattr(own, n) is getattr(plain, n) for n in _CONVERTING)


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
