"""Many rows, some at a time: each batch is read behind the last row of the one before.

Cheaper than an offset, whatever lies behind already; and a row that a batch changed, removed or
left as it was is not met again, so a sweep ends.
"""

from operator import attrgetter

from django.db.models import Model, Q, QuerySet


def batches(rows: QuerySet, size: int, *, by: tuple[str, ...] = ("pk",)):
    """Yield the rows of a query set in lists of at most ``size``, in ascending order of the columns
    ``by``, which together are unique and never NULL.

    Of ``values_list`` rows the columns ``by`` come first. Each list is a statement of its own, read
    when it is asked for: what a batch did is known to the next one. The last statement is saved
    where a list is not full.
    """
    ordered, batch = rows.order_by(*by), None
    while batch is None or len(batch) == size:
        behind = ordered if not batch else ordered.filter(_behind(by, _place_of(batch[-1], by)))
        batch = list(behind[:size])
        if batch:
            yield batch


def _place_of(row, by):
    if isinstance(row, Model):
        return tuple(attrgetter(name)(row) for name in by)
    return tuple(row[: len(by)]) if isinstance(row, tuple) else (row,)


def _behind(by, place) -> Q:
    """Return what lies behind a place, as one range of the first column: the same value needs a
    later rest.
    """
    (name, *names), (value, *values) = by, place
    later = Q(**{f"{name}__gt": value})
    return Q(**{f"{name}__gte": value}) & (later | _behind(names, values)) if names else later
