"""Many new rows whose ids are wanted, in one statement where the database tells them."""


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
