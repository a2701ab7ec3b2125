"""Many rows in one statement, whether they are new or known."""

from django.db import connection


def write_over(rows: list, fields: list[str]) -> None:
    """Insert rows, and where the primary key is known write ``fields`` over what stands there.

    ``bulk_update`` says the same with a CASE of all rows for every field. The caller holds the lock
    that keeps the rows as they are: a row that was deleted meanwhile would come back.
    """
    if not rows:
        return
    model = type(rows[0])
    # MySQL and MariaDB find the conflict themselves and take no columns for it.
    named = connection.features.supports_update_conflicts_with_target
    model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        update_fields=fields,
        unique_fields=[model._meta.pk.name] if named else None,
    )


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
