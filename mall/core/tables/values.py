"""What a whole number, an amount, a day and a moment are in a table: one rule for every door.

Full-width digits and signs count as their narrow ones; blanks around do not count. A whole number
may have a sign, commas before every three digits (1,000) and nothing but .0 or .00 after it
(spreadsheets write 5 as 5.0): 1_0, 1,00, 1.000, 1e3 and 5.5 are none.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from django.utils.translation import gettext as _

from mall.core import clock, pasted
from mall.core.tables.errors import BadCell

WIDE = str.maketrans("０１２３４５６７８９＋－−，．：／　\xa0", "0123456789+--,.:/  ")
DIGITS = r"(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})"
WHOLE = re.compile(rf"([+-]?{DIGITS})(?:\.0{{1,2}})?\Z")
AMOUNT = re.compile(rf"([+-]?)[¥￥]? ?({DIGITS})(?:\.([0-9]{{1,18}}))?(?: ?\u5143)?\Z")  # yuan
HOUR = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?: ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))?\Z",
    re.IGNORECASE,
)


def whole(text: str) -> int:
    """Return the whole number a text says. Raises: BadCell."""
    if found := WHOLE.match(_narrow(text)):
        return int(found[1].replace(",", ""))
    raise BadCell(_("not a whole number such as 5"))


def decimal(text: str, places: int = 2) -> Decimal:
    """Return the amount a text says, with at most so many places that are not 0. Raises:
    BadCell.
    """
    found = AMOUNT.match(_narrow(text))
    if found is None or len((found[3] or "").rstrip("0")) > places:
        raise BadCell(_("not an amount such as 12.50"))
    fraction = (found[3] or "")[:places].ljust(places, "0")
    number = f"{found[1]}{found[2].replace(',', '')}"
    return Decimal(f"{number}.{fraction}" if places else number)


def amount(text: str) -> Decimal:
    """Return the amount a text says, with as many places as are written. Raises: BadCell."""
    if found := AMOUNT.match(_narrow(text)):
        return Decimal(f"{found[1]}{found[2].replace(',', '')}.{found[3] or ''}")
    raise BadCell(_("not an amount such as 12.50"))


def is_number(text: str) -> bool:
    """Return whether a text is nothing but a number, whole or an amount."""
    return AMOUNT.match(_narrow(text)) is not None


def day(text: str) -> date:
    """Return the day a text says, as people and programs write one (``pasted.day``). Raises:
    BadCell.
    """
    try:
        return pasted.day(text)
    except ValueError:
        raise BadCell(_("not a day such as 2026-05-01")) from None


def moment(text: str) -> datetime:
    """Return the moment a text says: a day, and after it the time, with seconds and a zone or
    without; of no zone it is the shop's own. Raises: BadCell.
    """
    said = _narrow(text)
    first, _blank, rest = re.sub(r"(?<=[0-9])[Tt](?=[0-9])", " ", said).partition(" ")
    try:
        on = day(first)
        found = HOUR.match(rest.strip()) if rest.strip() else None
        if rest.strip() and found is None:
            raise BadCell
        return datetime.combine(on, _time(found), _zone(found and found[5]))
    except (BadCell, ValueError):
        raise BadCell(_("not a time such as 2026-05-01 09:30:00")) from None


def _time(found):
    if found is None:
        return time()
    hour, minute, second = (int(found[n] or 0) for n in (1, 2, 3))
    return time(hour, minute, second, int((found[4] or "0").ljust(6, "0")[:6]))


def _zone(text):
    if not text:
        return clock.SHOP_ZONE
    if text.upper() in ("Z", "UTC"):
        return UTC
    sign, digits = -1 if text[0] == "-" else 1, text[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _narrow(text):
    return text.translate(WIDE).strip()
