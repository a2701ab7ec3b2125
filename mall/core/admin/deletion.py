"""What keeps a row from being deleted, counted by table.

Django's own page reads and lists every row that points at it: of a product with ten thousand
reviews and orders that took six seconds.
"""

from django.contrib.admin.utils import get_deleted_objects
from django.db.models import CASCADE, PROTECT
from django.db.models.deletion import get_candidate_relations_to_delete
from django.utils.text import capfirst

COUNT_MAX = 1000


def keepers_of(model, keys) -> list[str]:
    """Return the names of the tables whose rows forbid to delete the rows of ``keys``, each with
    how many there are; empty where nothing does.
    """
    found = []
    for relation in get_candidate_relations_to_delete(model._meta):
        theirs, name = relation.related_model, relation.field.name
        pointing = theirs._base_manager.filter(**{f"{name}__in": keys}).order_by()
        if relation.on_delete is PROTECT:
            number = pointing[: COUNT_MAX + 1].count()
            if number:
                most = f"{COUNT_MAX:,}+" if number > COUNT_MAX else f"{number:,}"
                found.append(f"{capfirst(theirs._meta.verbose_name_plural)}: {most}")
        elif relation.on_delete is CASCADE:
            found += keepers_of(theirs, pointing.values("pk"))
    return found


def what_goes(rows, request, site):
    """Return what Django's page of deletion shows: what goes with ``rows``, or what keeps them."""
    rows = list(rows)
    keepers = keepers_of(type(rows[0]), [row.pk for row in rows]) if rows else []
    return ([], {}, set(), keepers) if keepers else get_deleted_objects(rows, request, site)
