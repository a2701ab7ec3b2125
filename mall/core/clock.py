"""The shop's clock: instants in UTC, business days in Asia/Shanghai.

Every verb takes its day once, from one instant, so a call that straddles midnight
belongs to exactly one shop day.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

SHOP_ZONE = ZoneInfo(settings.SHOP_TIME_ZONE)
_set_to: ContextVar[datetime | None] = ContextVar("mall_clock_set_to", default=None)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _set_to.get() or timezone.now()


@contextmanager
def at(instant: datetime):
    """Let the calls inside happen at an aware instant of the past, in this thread or task only.

    For the two writers of history, the demo shop and imports: their entries go through the same
    verbs as a shopper's. No door of the mall uses it.
    """
    token = _set_to.set(instant)
    try:
        yield
    finally:
        _set_to.reset(token)


def is_set_back() -> bool:
    """Return whether the past is being written here (``at``): nobody is told of it by mail."""
    return _set_to.get() is not None


def day_of(instant: datetime) -> date:
    """Return the shop day that an aware instant falls on."""
    return instant.astimezone(SHOP_ZONE).date()


def today() -> date:
    """Return the present shop day."""
    return day_of(now())


def start_of(day: date) -> datetime:
    """Return the first instant of a shop day."""
    return datetime.combine(day, time.min, tzinfo=SHOP_ZONE)


def end_of(day: date) -> datetime:
    """Return the first instant after a shop day (exclusive bound)."""
    return start_of(day + timedelta(days=1))
