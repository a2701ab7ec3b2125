"""What this process found sold out a moment ago, so that in a rush on what is gone nobody begins an
order to be refused.

A hint that it is worth looking at the shelf before anything else, for SUSPECTED_SECONDS after the
reading *began*; it is forgotten at once where pieces come in through this process, and where they
are seen. Nobody is refused for it.
"""

import time

SUSPECTED_SECONDS = 2.0
MOST = 1_000  # SKUs remembered before those that ended are thrown away
_left: dict[int, tuple[int, float]] = {}  # {SKU: (pieces left, suspected until)}


def remember(sku_id: int, left: int, *, since: float) -> None:
    """Remember how few pieces were left, as read after ``since`` (of ``time.monotonic``)."""
    if len(_left) >= MOST:
        now = time.monotonic()
        for known, (_pieces, until) in list(_left.items()):
            if until < now:
                _left.pop(known, None)
    _left[sku_id] = (left, since + SUSPECTED_SECONDS)


def suspected(wanted) -> list[tuple[int, int]]:
    """Return those of ``(sku_id, quantity)`` of which fewer pieces were there a moment ago."""
    if not _left:
        return []
    now, found = time.monotonic(), []
    for sku_id, quantity in sorted(wanted):
        left, until = _left.get(sku_id, (quantity, now))
        if left < quantity and now < until:
            found.append((sku_id, quantity))
    return found


def forget(sku_id: int) -> None:
    """Forget a SKU of which pieces come in, or are seen."""
    _left.pop(sku_id, None)
