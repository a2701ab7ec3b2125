"""New rows in one statement: those whose ids are wanted, and those that may be there already."""

from functools import cache

from django.db import connection

from mall.core import rows as sql


def insert(rows: list, *, by: tuple[str, ...]) -> None:
    """Insert rows whose ids are wanted: where the database does not tell those of several rows
    (MySQL), they are read back by the columns ``by``, which together are unique.
    """
    if len(rows) == 1:
        rows[0].save(force_insert=True)
        return
    if not rows:
        return
    objects = type(rows[0])._default_manager
    objects.bulk_create(rows)
    if rows[0].pk is None:
        alike = {f"{name}__in": {getattr(row, name) for row in rows} for name in by}
        found = objects.filter(**alike).values_list("pk", *by)
        ids = {tuple(values): pk for pk, *values in found}
        for row in rows:
            row.pk = ids[tuple(getattr(row, name) for name in by)]


def insert_missing(objects) -> int:
    """Write new rows in one statement, but for those that a unique key says are there; return how
    many are new. The database gives the ids.

    What lacks a value is refused here: told to ignore, SQLite would drop the row and the others
    would write a nought (what the ORM sets when it saves, ``auto_now_add`` say, is not set here).
    Raises: ValueError.
    """
    if not objects:
        return 0
    columns, must = sql.columns_but_key(type(objects[0])), _never_null(type(objects[0]))
    for one in objects:
        if lacking := [name for name in must if getattr(one, name) is None]:
            raise ValueError(f"{type(one).__name__} without {', '.join(lacking)}")
    return sql.execute(*sql.insertion(objects, columns, "", verb=_insert_ignore()))


def insert_new_for(sample, parent, ids, *, named: str) -> int:
    """Write a row like ``sample`` for each of the ``parent``'s rows of these ids that is there and
    has none yet; ``named`` is the column that names the parent. Returns how many are new.
    """
    columns, own = sql.columns_of(type(sample)), sql.quoted(sample._meta.get_field(named).column)
    values = dict(zip(columns.names, columns.values(sample), strict=True))
    told = ["%s" if name != own else f"p.{sql.quoted('id')}" for name in values]
    params = [value for name, value in values.items() if name != own]
    said = (
        f"{_insert_ignore()} {sql.table(sample)} ({', '.join(values)}) SELECT {', '.join(told)} "
        f"FROM {sql.table(parent)} p WHERE p.id IN ({sql.marks(ids)})"
    )
    return sql.execute(said, [*params, *ids])


def _insert_ignore() -> str:
    return "INSERT OR IGNORE INTO" if connection.vendor == "sqlite" else "INSERT IGNORE INTO"


@cache
def _never_null(model):
    fields = model._meta.concrete_fields
    return [one.attname for one in fields if not one.null and one is not model._meta.pk]
