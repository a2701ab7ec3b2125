"""Rows and plain SQL: for what is asked so often that the ORM costs more than the database.

The ledger, the stock and the checkout write their statements out here-with, and so do the pages of
rows that members read most (``look``); everybody else uses the ORM. It runs on MySQL, MariaDB and
SQLite; mall/core/row_values.py makes rows of values and values of rows.
"""

from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cache
from itertools import chain

from django.db import connection

from mall.core.row_values import (
    assignments,
    changes,
    columns_of,
    fresh,
    known,
    places,
    read,
    readers,
    twin,
)

__all__ = ["assignments", "changes", "columns_of", "fresh", "known", "read", "twin"]


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


def skipping_locked() -> str:
    """Return what makes a locking clause pass over rows that another transaction has locked; empty
    where no row is ever locked, or the server cannot (MariaDB before 10.6).
    """
    return " SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


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


def find_all(wanted: list[Wanted]) -> list:
    """Return the rows of one table that are there of those wanted, as last committed."""
    of, conditions = wanted[0].model, [one.condition("s") for one in wanted]
    where = " OR ".join(f"({condition})" for condition, _values in conditions)
    params = [value for _condition, values in conditions for value in values]
    found = fetch(f"SELECT {columns('s', of)} FROM {table(of)} s WHERE {where}", params)
    return [read(of, row) for row in found]


def find(wanted: Wanted, *, locked: bool = False):
    """Return the row that is wanted as last committed, ``locked`` for writing if asked so, or
    None.
    """
    condition, values = wanted.condition("s")
    of, lock = wanted.model, locks("s") if locked else ""
    found = fetch(f"SELECT {columns('s', of)} FROM {table(of)} s WHERE {condition}{lock}", values)
    return read(of, found[0]) if found else None


def update(model, values: dict, where: dict) -> int:
    """Write ``values`` ({attribute: value}) over the rows whose columns are as in ``where`` (None:
    nothing stands there); return how many those are.
    """
    moving, params = changes(model, values)
    equal = [f"{quoted(one)} {'IS NULL' if at is None else '= %s'}" for one, at in where.items()]
    sql = f"UPDATE {table(model)} SET {moving} WHERE {' AND '.join(equal)}"
    return execute(sql, [*params, *(at for at in where.values() if at is not None)])


def look(model, names, tail: str, params) -> list:
    """Return what a statement finds, ``SELECT <columns of names> FROM <table> <tail>``, as bare
    instances: they hold these columns and what the model's properties make of them, nothing else.

    To be shown, never saved: without a state of their own they raise AttributeError then.
    """
    wanted, converted = _columns_of(model, names)
    found = []
    for values in fetch(f"SELECT {wanted} FROM {table(model)} {tail}", params):
        row = model.__new__(model)
        held = row.__dict__
        held.update(zip(names, values, strict=True))
        for name, column, converters in converted:
            for convert in converters:
                held[name] = convert(held[name], column, connection)
        found.append(row)
    return found


def look_page(model, names, conditions: dict, *, limit, before=None, after=None) -> list:
    """Return up to ``limit`` rows as ``look`` does: those ``before`` an id or all, the highest id
    first; or those ``after`` an id, the lowest first. ``conditions`` are {SQL: its parameters}.
    """
    tail, params = page(conditions, limit=limit, before=before, after=after)
    return look(model, names, tail, params)


def page(conditions: dict, *, limit, before=None, after=None) -> tuple[str, list]:
    """Return the clauses of such a page, WHERE to LIMIT, and their parameters."""
    for side, pk in (("id < %s", before), ("id > %s", after)):
        if pk is not None:
            conditions = {**conditions, side: [pk]}
    way = "DESC" if after is None else "ASC"
    tail = f"WHERE {' AND '.join(conditions)} ORDER BY id {way} LIMIT %s"
    return tail, [*chain(*conditions.values()), limit]


def as_read(model, name, value):
    """Return the value of a column as the model's field reads it."""
    _columns, converted = _columns_of(model, (name,))
    for _name, column, converters in converted:
        for convert in converters:
            value = convert(value, column, connection)
    return value


def insert(objects, *, suffix: str = "") -> int:
    """Write new rows in one statement and return how many the database took."""
    return execute(*insertion(objects, columns_of(type(objects[0])), suffix)) if objects else 0


def write_over(objects, *names) -> None:
    """Write these attributes over the rows that are there under the objects' primary keys, in the
    order given, and whole rows where there are none: the caller holds the lock that keeps the rows
    as they are, or one that was deleted meanwhile would come back.

    Not by ``UPDATE … WHERE key IN (…)``: of a small table MariaDB (10.11.19) reads every row for
    that (EXPLAIN: index), asks for the locks of rows nobody named before it passes over them, and
    takes that for a deadlock with whoever holds one of them and waits for ours.
    """
    if not objects:
        return
    model = type(objects[0])
    columns = columns_of(model, *names).names
    if connection.vendor == "sqlite":
        moving = ", ".join(f"{column} = excluded.{column}" for column in columns)
        conflict = f"ON CONFLICT ({quoted(model._meta.pk.column)}) DO UPDATE SET"
    else:
        moving = ", ".join(f"{column} = VALUES({column})" for column in columns)
        conflict = "ON DUPLICATE KEY UPDATE"
    insert(objects, suffix=f" {conflict} {moving}")


def insert_read_back(objects, *, by: str) -> bool:
    """Write new rows in one statement and take over the ids the database gives them; False where it
    does not tell them (MySQL, of more than one row).

    ``by`` is an attribute that tells these rows apart: no database promises an order of what it
    returns, and ids of one statement need not follow on each other (auto_increment_increment).
    """
    model = type(objects[0])
    field = model._meta.get_field(by)
    is_single, can_return = len(objects) == 1, connection.features.can_return_rows_from_bulk_insert
    key = quoted(model._meta.pk.column)
    returning = f" RETURNING {key}, {quoted(field.column)}" if can_return and not is_single else ""
    with connection.cursor() as cursor:
        cursor.execute(*insertion(objects, columns_but_key(model), returning))
        if is_single:
            ids = {getattr(objects[0], field.attname): cursor.lastrowid}
        else:
            ids = {value: pk for pk, value in cursor.fetchall()} if returning else {}
    alias = connection.alias
    for row in objects:
        row.pk = ids.get(getattr(row, field.attname))
        row._state.adding, row._state.db = False, alias
    return bool(ids)


def read_ids(objects, *, by: str) -> None:
    """Take over the ids of rows just written by ``insert_read_back``, where the database did not
    tell them; ``by`` is an attribute that no two rows of the table share.
    """
    model = type(objects[0])
    field = model._meta.get_field(by)
    values = [getattr(row, field.attname) for row in objects]
    column = quoted(field.column)
    ids = dict(
        fetch(
            f"SELECT {column}, {quoted(model._meta.pk.column)} FROM {table(model)} "
            f"WHERE {column} IN ({marks(values)})",
            values,
        )
    )
    for row, value in zip(objects, values, strict=True):
        row.pk = ids[value]


def insertion(objects, columns, suffix, *, verb="INSERT INTO"):
    """Return the statement that writes rows, and its parameters."""
    written_rows, params = places(columns, objects)
    names = ", ".join(columns.names)
    return f"{verb} {table(objects[0])} ({names}) VALUES {written_rows}{suffix}", params


@cache
def columns_but_key(model):
    """Return all columns of a model but its primary key, which the database gives."""
    fields = model._meta.concrete_fields
    return columns_of(model, *[one.attname for one in fields if one is not model._meta.pk])


@cache
def _columns_of(model, names):
    """Return the columns of these attributes, quoted, and (name, column, converters) of those that
    need one.
    """
    columns = {one.attname: one.column for one in model._meta.concrete_fields}
    of_all, converted = readers(model)
    read_by = [(of_all[place], *rest) for place, *rest in converted if of_all[place] in names]
    return ", ".join(quoted(columns[name]) for name in names), read_by
