"""Stock set by counting: somebody says how many pieces lie there, and what is booked is the
difference from what the page showed, through catalog/stock.py.

A sale meanwhile stays a sale: whoever counted had the page's number before them. A colleague's
delivery meanwhile makes it another page, so nothing is booked over it.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

from django.db.models import OuterRef, QuerySet, Subquery

from catalog import stock
from catalog.errors import StockBelowZero
from catalog.models import StockMovement
from mall.core.transactions import transactional
from mall.core.versions import ChangedMeanwhile

SHOWN = re.compile(r"([0-9]{1,9}):([0-9]{1,18}):([0-9a-f]{32})\Z")


@dataclass(frozen=True)
class Shown:
    """What a page showed of a SKU before somebody counted: its pieces, the last movement that
    colleagues booked (0: none), and the one-time key of the page.
    """

    pieces: int
    receipt: int
    key: str

    def __str__(self):
        return f"{self.pieces}:{self.receipt}:{self.key}"

    @property
    def reference(self) -> str:
        """What the count is booked under."""
        return f"count:{self.key}"


def shown(pieces: int, receipt: int | None) -> Shown:
    """Return what a page that is made now shows."""
    return Shown(pieces, receipt or 0, uuid4().hex)


def read(text: str) -> Shown:
    """Return what a page brings back. Raises: ChangedMeanwhile (it says nothing of the kind)."""
    if found := SHOWN.match(text):
        return Shown(int(found[1]), int(found[2]), found[3])
    raise ChangedMeanwhile


def with_receipt(skus: QuerySet) -> QuerySet:
    """Annotate SKUs with ``receipt``: their last delivery or correction (None: none)."""
    return skus.annotate(receipt=Subquery(_receipts(OuterRef("pk"))[:1]))


def check(sku_id: int, counted: int, before: Shown) -> None:
    """Hold the stock of a SKU and refuse a count that could not be booked.

    Raises: ChangedMeanwhile, StockBelowZero.
    """
    left = stock.held([sku_id])[sku_id]
    if _is_booked(sku_id, before):
        return
    if (_receipts(sku_id).first() or 0) != before.receipt:
        raise ChangedMeanwhile
    change = counted - before.pieces
    if left + change < 0:
        raise StockBelowZero(sku=sku_id, wanted=-change, left=left)


@transactional
def book(sku_id: int, counted: int, before: Shown, *, actor: str, note: str) -> int:
    """Book what a count changes and return how many pieces that are. Idempotent per page.

    Raises: ChangedMeanwhile, StockBelowZero, catalog.errors.CountedByKeys.
    """
    change = counted - before.pieces
    check(sku_id, counted, before)
    if not change or _is_booked(sku_id, before):
        return 0
    stock.receive(sku_id, quantity=change, actor=actor, note=note, reference=before.reference)
    return change


def _receipts(sku_id) -> QuerySet:
    """Return the numbers of a SKU's deliveries and corrections, the last one first."""
    booked = StockMovement.objects.filter(sku=sku_id, direction=stock.RECEIVE)
    return booked.order_by("-pk").values_list("pk", flat=True)


def _is_booked(sku_id, before):
    return StockMovement.objects.filter(sku=sku_id, reference=before.reference).exists()
