"""What this process found sold out a moment ago, so that a rush on what is gone does not ask the
database for every shopper.

A hint that is only ever wrong for BELIEVED_SECONDS: it ends so long after the reading *began*, and
at once where pieces come in through this process. Nobody is refused for it when pieces came back
longer ago. Whoever believes it must look first whether the shopper only asks again. For
SUSPECTED_SECONDS it is worth looking at the shelf before anything else.
"""

import time

from catalog.errors import OutOfStock

BELIEVED_SECONDS = 0.1
SUSPECTED_SECONDS = 2.0
MOST = 1_000  # SKUs remembered before those that ended are thrown away
_left: dict[int, tuple[int, float]] = {}  # {SKU: (pieces left, believed until)}


def remember(sku_id: int, left: int, *, since: float) -> None:
    """Remember how few pieces were left, as read after ``since`` (of ``time.monotonic``)."""
    if len(_left) >= MOST:
        now = time.monotonic()
        for known, (_pieces, until) in list(_left.items()):
            if until < now:
                _left.pop(known, None)
    _left[sku_id] = (left, since + BELIEVED_SECONDS)


def knows_any() -> bool:
    """Say whether anything may be known to be sold out."""
    return bool(_left)


def is_suspected(sku_id: int, quantity: int) -> bool:
    """Say whether so many pieces were missing a moment ago: for whoever looks at the shelf then."""
    left, until = _left.get(sku_id, (quantity, 0.0))
    return left < quantity and time.monotonic() < until - BELIEVED_SECONDS + SUSPECTED_SECONDS


def forget(sku_id: int) -> None:
    """Forget a SKU of which pieces come in, or are seen."""
    _left.pop(sku_id, None)


def refusal_of(wanted) -> OutOfStock | None:
    """Return the refusal of ``(sku_id, quantity)`` that is known without asking, or None."""
    now = time.monotonic()
    for sku_id, quantity in sorted(wanted):
        left, until = _left.get(sku_id, (quantity, now))
        if left < quantity and now < until:
            return OutOfStock(sku=sku_id, wanted=quantity, left=left)
    return None
