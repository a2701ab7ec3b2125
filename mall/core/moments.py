"""Moments as people say them."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from mall.core import clock


def said(at: datetime, beside: datetime | None = None) -> str:
    """Return a moment of the present shop day (or that of the moment it is said ``beside``) as its
    time, 20:00, and any other with its day before it, December 1 20:00, in the reader's language.
    """
    at, known = localtime(at, clock.SHOP_ZONE), clock.day_of(beside or clock.now())
    time = date_format(at, "H:i")
    if at.date() == known:
        return time
    return f"{date_format(at, 'MONTH_DAY_FORMAT')} {time}"
