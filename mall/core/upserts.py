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
