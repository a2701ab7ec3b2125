"""The shop days a report is about: bookmarkable, and always comparable with the days before."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from mall.core import clock, pasted
from mall.core.errors import DomainError

ONE_DAY = timedelta(days=1)
LENGTHS = (7, 30, 90)
USUAL_DAYS = 30
LONGEST_DAYS = 1_100


class BadPeriod(DomainError):
    """The days asked for make no sense."""

    code = "bad_period"
    status = 400
    message = _("Please name two days, the first not after the last, at most three years apart.")


@dataclass(frozen=True)
class Period:
    """From one shop day to another, both whole."""

    first: date
    last: date

    def __len__(self):
        return (self.last - self.first).days + 1

    @property
    def bounds(self):
        return self.first, self.last

    @property
    def days(self) -> list:
        return [self.first + n * ONE_DAY for n in range(len(self))]

    @property
    def before(self) -> "Period":
        """The equally many days before."""
        return Period(self.first - len(self) * ONE_DAY, self.first - ONE_DAY)


def latest(length=USUAL_DAYS) -> Period:
    """Return the latest days up to today."""
    return Period(clock.today() - (length - 1) * ONE_DAY, clock.today())


def read(asked) -> Period:
    """Return the period of a query: ``days=7|30|90`` or ``from=…&to=…``; the latest 30 days when
    nothing is asked.

    Raises: BadPeriod.
    """
    first, last, length = (asked.get(name) or "" for name in ("from", "to", "days"))
    try:
        if first or last:
            last = pasted.day(last) if last else clock.today()
            period = Period(pasted.day(first) if first else last - (USUAL_DAYS - 1) * ONE_DAY, last)
        else:
            period = latest(int(length) if length else USUAL_DAYS)
    except (ValueError, OverflowError):
        raise BadPeriod from None
    if (
        not 1 <= (period.last - period.first).days + 1 <= LONGEST_DAYS
        or period.first.year < 1900
        or period.last.year > 9000
    ):
        raise BadPeriod
    return period
