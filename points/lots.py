"""Lots: points by the last day they are good for, ((day, points), ...) ascending, never-expiring
last.

Pure arithmetic for points/machine.py: days are ISO strings, None is a day that never comes.
"""

BUCKETS_MAX = 40


class InvariantBroken(Exception):
    """The arithmetic itself is wrong: nothing may be written."""


def late(day: str | None) -> str:
    """Return a last day as something that sorts: a day that never comes after every other."""
    return "~" if day is None else day  # "~" sorts after every digit


def take(lots, points, *, first=None):
    """Split ``points`` off, from the bucket of day ``first`` (a 1-tuple) and then soonest-expiring
    first.

    Returns (taken, rest), both ascending. There must be enough.
    """
    left = dict(lots)
    taken = {}
    order = [day for day, _ in lots]
    if first and first[0] in left:
        order.remove(first[0])
        order.insert(0, first[0])
    for day in order:
        if points == 0:
            break
        part = min(points, left[day])
        taken[day] = part
        left[day] -= part
        points -= part
    if points:
        raise InvariantBroken("took more than there was")
    return tidy(taken), tidy(left)


def put(lots, added):
    """Add lots into their buckets; beyond BUCKETS_MAX the two latest dated merge into the later
    day.

    Returns (lots, merged) where ``merged`` lists the moves ((day, -n), (later, +n)) a merge made.
    """
    buckets = dict(lots)
    for day, points in added:
        buckets[day] = buckets.get(day, 0) + points
    merged = []
    while len(buckets) > BUCKETS_MAX:
        earlier, later = sorted(day for day in buckets if day is not None)[-2:]
        merged += [(earlier, -buckets[earlier]), (later, buckets[earlier])]
        buckets[later] += buckets.pop(earlier)
    return tidy(buckets), tuple(merged)


def take_latest(lots, points):
    """Split ``points`` off from the latest-expiring end; returns (taken, rest)."""
    rest, taken = take(lots, sum(n for _, n in lots) - points)
    return taken, rest


def tidy(buckets: dict) -> tuple:
    """Return {day: points} as lots: ascending, empty ones left out."""
    return tuple(
        sorted(
            ((day, points) for day, points in buckets.items() if points),
            key=lambda lot: late(lot[0]),
        )
    )


def sum_of(lots) -> int:
    """Return the points of all lots."""
    return sum(points for _, points in lots)
