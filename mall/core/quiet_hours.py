"""When the shop keeps its mails to itself: what can wait leaves by day."""

from datetime import datetime, time, timedelta

from mall.core import clock

QUIET_FROM, QUIET_UNTIL = time(22), time(8)


def by_day(moment: datetime) -> datetime:
    """Return the moment itself by day, and the next morning's by night."""
    local = moment.astimezone(clock.SHOP_ZONE)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return moment
    day = local.date() + timedelta(days=1) if local.time() >= QUIET_FROM else local.date()
    return datetime.combine(day, QUIET_UNTIL, tzinfo=clock.SHOP_ZONE)
