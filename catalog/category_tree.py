"""The categories as they stand in each other: what a rule or a coupon for one of them means."""

from catalog.models import Category

BETWEEN = " › "


def around() -> dict[int, frozenset[int]]:
    """Return of each category the ids of itself and of all it stands in; one query."""
    parents = dict(Category.objects.order_by().values_list("pk", "parent_id"))
    return {pk: frozenset(_upwards(pk, parents)) for pk in parents}


def choices() -> list[tuple[int, str]]:
    """Return every category by its id, called by its whole way down, in the reader's language."""
    rows = {row.pk: row for row in Category.objects.all()}
    parents = {pk: row.parent_id for pk, row in rows.items()}
    named = [
        (pk, BETWEEN.join(str(rows[one]) for one in reversed(list(_upwards(pk, parents)))))
        for pk in rows
    ]
    return sorted(named, key=lambda one: one[1])


def _upwards(pk, parents):
    seen = set()
    while pk is not None and pk not in seen:  # a tree that bites its tail is refused at the door
        yield pk
        seen.add(pk)
        pk = parents.get(pk)
