"""Prices of many SKUs changed at once, now or from an instant on: worked out and looked at first,
then all of them or none.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from catalog import assortment, price_schedule
from catalog.models import Sku, price_mismatch
from mall.core.errors import DomainError
from mall.core.money import ZERO
from mall.core.transactions import transactional
from mall.core.versions import check_read, version_of

SKUS_MAX = 500  # one transaction
HUNDRED = Decimal(100)


class TooManyPrices(DomainError):
    """More SKUs than are changed at once."""

    code = "too_many_prices"
    message = _("At most %(most)s prices are changed at once. Please choose fewer.")


class PricesWrong(DomainError):
    """Some new prices cannot be, so none is written."""

    code = "prices_wrong"
    message = _("Some new prices cannot be, so none was changed.")


@dataclass(frozen=True)
class Change:
    """How prices move: points and yuan by so many per cent, rounded to whole steps (points, yuan).
    What costs nothing of a kind stays so. With a start the new prices are scheduled from then on,
    or until ``ends_at``; else they hold at once.
    """

    points_percent: int = 0
    cash_percent: int = 0
    points_step: int = 1
    cash_step: Decimal = Decimal("0.01")
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def points_of(self, sku: Sku) -> int:
        """Return the new price in points."""
        return int(
            _moved(Decimal(sku.points_price), self.points_percent, Decimal(self.points_step))
        )

    def cash_of(self, sku: Sku) -> Decimal:
        """Return the new price in yuan."""
        return _moved(sku.cash_price, self.cash_percent, self.cash_step).quantize(Decimal("0.01"))


@dataclass(frozen=True)
class Proposal:
    """The prices of one SKU as they would be; ``why`` tells why they cannot."""

    sku: Sku
    points: int
    cash: Decimal
    why: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything would be another price."""
        return (self.points, self.cash) != (self.sku.points_price, self.sku.cash_price)


def propose(skus, change: Change) -> list[Proposal]:
    """Return what a change makes of the prices of these SKUs; nothing is written.

    Raises: TooManyPrices.
    """
    rows = list(skus.select_related("product").order_by("pk")[: SKUS_MAX + 1])
    if len(rows) > SKUS_MAX:
        raise TooManyPrices(most=SKUS_MAX)
    taken = {}
    if change.starts_at:
        ids = [sku.pk for sku in rows]
        taken = price_schedule.taken(ids, change.starts_at, change.ends_at)
    return [_proposal(sku, change, taken.get(sku.pk, "")) for sku in rows]


def version(proposals: list[Proposal], change: Change) -> str:
    """Return the mark of what was looked at: the prices as they stand and as they would be, and
    when.
    """
    window = [at and at.isoformat() for at in (change.starts_at, change.ends_at)]
    return version_of(
        window,
        *(
            [one.sku.pk, one.sku.points_price, one.sku.cash_price, one.points, one.cash]
            for one in proposals
        ),
    )


@transactional
def apply(skus, change: Change, *, by, read: str) -> int:
    """Write the new prices of all these SKUs; return how many changed. Orders keep their price.
    ``read`` is the version the operator saw.

    Raises: TooManyPrices, PricesWrong, ChangedMeanwhile, catalog.assortment.PriceMismatch,
    catalog.price_schedule.ScheduleBackwards and ScheduleOverlaps.
    """
    proposals = propose(skus, change)
    check_read(read, version(proposals, change))
    if any(one.why for one in proposals):
        raise PricesWrong
    moved = [one for one in proposals if one.changes]
    for one in moved:
        if change.starts_at:
            window = {"starts_at": change.starts_at, "ends_at": change.ends_at}
            price_schedule.plan(one.sku.pk, points=one.points, cash=one.cash, by=by, **window)
        else:
            assortment.reprice(one.sku.pk, by=by, points_price=one.points, cash_price=one.cash)
    return len(moved)


def _proposal(sku, change, taken):
    points, cash = change.points_of(sku), change.cash_of(sku)
    why = ""
    if taken:
        why = str(_("Another price is scheduled then: %(window)s.") % {"window": taken})
    elif (sku.points_price and not points) or (sku.cash_price and not cash):
        why = str(_("This would cost nothing."))
    elif faults := price_mismatch(sku.product.pay_mode, points, cash):
        why = " ".join(str(words) for words in faults.values())
    return Proposal(sku, points, cash, why)


def _moved(price, percent, step):
    if not price or not percent:
        return price
    steps = (price * (HUNDRED + percent) / HUNDRED / step).quantize(Decimal(1), ROUND_HALF_UP)
    return max(ZERO, steps * step)
