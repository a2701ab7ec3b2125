"""Why a SKU's pieces changed: the movements log and the sales as one list, newest first.

Two logs that each grow at one end: a place in the list is how far one has come in each of them.
"""

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from catalog import sales
from catalog.models import StockMovement

LOG_END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Between two movements: those below have a smaller id in their log than is said here, those
    above have that id or a greater one.
    """

    logged: int = LOG_END
    sold: int = LOG_END

    def under(self, movements) -> "Place":
        """Return the place under movements that follow on this one."""
        logged, sold = _ids(movements)
        return Place(min(logged, default=self.logged), min(sold, default=self.sold))

    def over(self, movements) -> "Place":
        """Return the place over movements that end at this one."""
        logged, sold = _ids(movements)
        return Place(
            max(logged) + 1 if logged else self.logged, max(sold) + 1 if sold else self.sold
        )


START = Place()


def older(sku_id: int, limit: int, place: Place = START) -> list[StockMovement]:
    """Return the newest movements under a place. A sale has no id but its ``line``'s."""
    logged = _logged(sku_id).filter(pk__lt=place.logged).order_by("-pk")
    sold = sales.NEWEST.ask(sku_id, place.sold, limit)
    return _merged([logged[:limit], *sold], limit, newest_first=True)


def newer(sku_id: int, limit: int, place: Place) -> list[StockMovement]:
    """Return the closest movements over a place, newest first."""
    logged = _logged(sku_id).filter(pk__gte=place.logged).order_by("pk")
    sold = sales.NEXT.ask(sku_id, place.sold, limit)
    return _merged([logged[:limit], *sold], limit, newest_first=False)[::-1]


def _logged(sku_id):
    return StockMovement.objects.filter(sku=sku_id).exclude(**sales.LOGGED_SALE)


def _merged(logs, limit, *, newest_first):
    # Each log keeps the order of its ids, also where two clocks differ, so that nothing is skipped
    # or told twice.
    return list(islice(merge(*logs, key=attrgetter("created_at"), reverse=newest_first), limit))


def _ids(movements):
    return (
        [one.pk for one in movements if one.pk is not None],
        [one.line for one in movements if one.pk is None],
    )
