"""The exchange rate: how many points are worth one yuan, from a moment on. A rate that has begun is
history.
"""

from dataclasses import dataclass
from datetime import datetime

from mall.core import clock
from mall.core.kept import kept
from points.models import ExchangeRate


@dataclass(frozen=True, slots=True)
class Shown:
    """The rate in force and the next one known, for pages."""

    current: ExchangeRate
    coming: ExchangeRate | None


def current(as_of: datetime | None = None) -> ExchangeRate:
    """Return the rate in force at an instant (points per yuan, a whole number).

    Raises: ExchangeRate.DoesNotExist when no rate had begun yet.
    """
    as_of = as_of or clock.now()
    begun = [rate for rate in _rates() if rate.effective_from <= as_of]
    if not begun:
        raise ExchangeRate.DoesNotExist
    return begun[-1]


def shown(as_of: datetime | None = None) -> Shown | None:
    """Return the rate in force with the next change; None when no rate has begun."""
    now = as_of or clock.now()
    begun = [rate for rate in _rates() if rate.effective_from <= now]
    ahead = [rate for rate in _rates() if rate.effective_from > now]
    return Shown(begun[-1], ahead[0] if ahead else None) if begun else None


@kept
def _rates() -> list[ExchangeRate]:
    """Return all rates, the earliest first."""
    return list(ExchangeRate.objects.order_by("effective_from"))
