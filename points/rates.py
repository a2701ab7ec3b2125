"""The exchange rate: how many points are worth one yuan, from a moment on."""

from datetime import datetime

from mall import clock
from points.models import ExchangeRate


def current(as_of: datetime | None = None) -> ExchangeRate:
    """Return the rate in force at an instant (points per yuan, a whole number).

    Raises: ExchangeRate.DoesNotExist when no rate had begun yet.
    """
    return ExchangeRate.objects.filter(effective_from__lte=as_of or clock.now()).latest("effective_from")
