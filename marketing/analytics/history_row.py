"""Rows of an earlier shop's orders: nine texts each, checked and made values."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain

from django.utils.translation import gettext as _

from mall.core import clock
from mall.core.tables import values
from mall.core.tables.errors import BadCell
from marketing.models import HistoryOrder
from marketing.models.history import NAME_LENGTH, NUMBER_LENGTH

COLUMNS = (
    "order_no",
    "ordered_at",
    "customer",
    "sku",
    "product",
    "category",
    "quantity",
    "unit_price",
    "status",
)
LENGTHS = (NUMBER_LENGTH, 40, NAME_LENGTH, NUMBER_LENGTH, NAME_LENGTH, NAME_LENGTH, 16, 24, 9)
MAY_BE_EMPTY = ("product", "category")
STATUSES = frozenset(HistoryOrder.Status.values)
QUANTITY_MAX = 999_999
FEN_MAX = 99_999_999_99
SIMPLE_QUANTITY = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
SIMPLE_AMOUNT = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,2})0*)?\Z", re.ASCII)
SIMPLE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}\Z")
EARLIEST_YEAR = 1970
UNREADABLE = re.compile(r"[\x00-\x1f]")


class BadRow(ValueError):
    """One row says something that cannot be; the text says what."""


def latest() -> str:
    """Return the last instant an order may have, as ``read_columns`` writes one."""
    return _utc_text(clock.now() + timedelta(days=1))


def read_columns(columns, until="") -> tuple[Sequence, ...]:
    """Return ten columns, order_no, instant in UTC, shop day, customer, sku, product, category,
    quantity, fen, status, of nine columns of trimmed texts: looked at row by row they take three
    times as long. ``until`` is ``latest()``, asked once for many rows.

    Raises: BadRow, when a row is refused; which one, and why first, is told by reading it alone.
    """
    _check_texts(columns)
    no, ordered_at, customer, sku, product, category, quantity, unit_price, status = columns
    if not STATUSES.issuperset(status):
        raise BadRow(_("status is none of completed, cancelled, refunded"))
    instants, days = zip(*map(_instant, ordered_at), strict=True)
    if max(instants) > (until or latest()):
        raise BadRow(_("ordered_at lies in the future"))
    pieces, fen = list(map(_pieces, quantity)), list(map(_fen, unit_price))
    if "" in product:
        product = [name or code for name, code in zip(product, sku, strict=True)]
    return no, instants, days, customer, sku, product, category, pieces, fen, status


def _check_texts(columns):
    """Raises: BadRow, when a text is missing, too long or unreadable."""
    empty = [
        name
        for name, column in zip(COLUMNS, columns, strict=True)
        if "" in column and name not in MAY_BE_EMPTY
    ]
    if len(empty) == 1:
        raise BadRow(_("%(column)s is empty") % {"column": empty[0]})
    if empty:
        raise BadRow(_("these fields are empty: %(columns)s") % {"columns": ", ".join(empty)})
    for name, column, longest in zip(COLUMNS, columns, LENGTHS, strict=True):
        if max(map(len, column)) > longest:
            raise BadRow(
                _("%(column)s is longer than %(longest)s characters")
                % {"column": name, "longest": longest}
            )
    text = "".join(chain.from_iterable(columns))
    if "\ufffd" in text or (not text.isprintable() and UNREADABLE.search(text)):
        raise BadRow(
            _(
                "a text holds a line break or unreadable signs; perhaps a quotation mark is not "
                "closed"
            )
        )


@lru_cache(maxsize=4_096)
def _instant(text):
    """Return a time as (UTC without a zone, shop day), both as text; without a zone it is the
    shop's own.
    """
    try:
        if SIMPLE_TIME.match(text):
            local = datetime.fromisoformat(text).replace(tzinfo=clock.SHOP_ZONE)
        else:
            local = values.moment(text)
        instant = local.astimezone(UTC)
    except (BadCell, ValueError, OverflowError):
        raise BadRow(
            _("ordered_at is not a time such as 2026-11-21 09:30:00: %(text)s") % {"text": text}
        ) from None
    if instant.year < EARLIEST_YEAR:
        raise BadRow(_("ordered_at lies before 1970"))
    day = local.date() if local.tzinfo is clock.SHOP_ZONE else clock.day_of(instant)
    return _utc_text(instant), day.isoformat()


def _utc_text(instant):
    return instant.isoformat(" ").removesuffix("+00:00")


@lru_cache(maxsize=4_096)
def _pieces(text):
    if SIMPLE_QUANTITY.match(text):
        pieces = int(text)
    else:
        try:
            pieces = values.whole(text)
        except BadCell:
            pieces = 0
    if not 0 < pieces <= QUANTITY_MAX:
        raise BadRow(_("quantity is not a whole number from 1 on"))
    return pieces


@lru_cache(maxsize=4_096)
def _fen(text):
    if amount := SIMPLE_AMOUNT.match(text):
        return int(amount[1]) * 100 + int((amount[2] or "").ljust(2, "0"))
    try:
        fen = int(values.decimal(text) * 100)
    except BadCell:
        fen = -1
    if not 0 <= fen <= FEN_MAX:
        raise BadRow(_("unit_price is not an amount of yuan such as 12.50"))
    return fen
