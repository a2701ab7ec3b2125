"""A file of an earlier shop's orders: every row checked, rows of one order brought together,
however large the file.

Columns: order_no, ordered_at, customer, sku, product, category, quantity, unit_price, status; one
row per order line, in any order. Rows wait in a temporary SQLite file on disk, which sorts them
without holding them in memory.
"""

import csv
import re
import sqlite3
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from django.utils.translation import gettext as _

from mall.core import clock
from mall.core.errors import DomainError
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
LENGTHS = (NUMBER_LENGTH, 40, NAME_LENGTH, NUMBER_LENGTH, NAME_LENGTH, NAME_LENGTH, 9, 16, 9)
MAY_BE_EMPTY = ("product", "category")
STATUSES = frozenset(HistoryOrder.Status.values)
QUANTITY = re.compile(r"[0-9]{1,6}\Z", re.ASCII)
AMOUNT = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,2})0*)?\Z", re.ASCII)
EARLIEST_YEAR = 1970
LONGEST_FIELD = 1_000_000
STAGED_ROWS = 5_000
UNREADABLE = re.compile(r"[\x00-\x1f\ufffd]")


class UnreadableFile(DomainError):
    """The file as a whole is none of ours: not text, or a column is missing."""

    code = "unreadable_file"
    status = 400
    message = _("This is not a file of orders.")

    def __init__(self, reason):
        super().__init__()
        self.reason = reason

    def __str__(self):
        return str(self.reason)


class BadRow(ValueError):
    """One row says something that cannot be; the text says what."""


def read_row(fields) -> tuple:
    """Return (order_no, instant in UTC, shop day, customer, sku, product, category, quantity, fen,
    status) of nine texts.

    Raises: BadRow.
    """
    fields = [field.strip() for field in fields]
    for name, field, longest in zip(COLUMNS, fields, LENGTHS, strict=True):
        if not field and name not in MAY_BE_EMPTY:
            raise BadRow(_("%(column)s is empty") % {"column": name})
        if len(field) > longest:
            raise BadRow(
                _("%(column)s is longer than %(longest)s characters")
                % {"column": name, "longest": longest}
            )
    if UNREADABLE.search("".join(fields)):
        raise BadRow(
            _(
                "a text holds a line break or unreadable signs; perhaps a quotation mark is not "
                "closed"
            )
        )
    no, ordered_at, customer, sku, product, category, quantity, unit_price, status = fields
    if status not in STATUSES:
        raise BadRow(_("status is none of completed, cancelled, refunded"))
    instant, day = _instant(ordered_at)
    if not QUANTITY.match(quantity) or not int(quantity):
        raise BadRow(_("quantity is not a whole number from 1 on"))
    amount = AMOUNT.match(unit_price)
    if amount is None:
        raise BadRow(_("unit_price is not an amount of yuan such as 12.50"))
    fen = int(amount[1]) * 100 + int((amount[2] or "").ljust(2, "0"))
    return no, instant, day, customer, sku, product or sku, category, int(quantity), fen, status


@lru_cache(maxsize=4_096)
def _instant(text):
    """Return an ISO time as (UTC without a zone, shop day), both as text; without a zone it is the
    shop's own.
    """
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is None:
            local = local.replace(tzinfo=clock.SHOP_ZONE)
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRow(_("ordered_at is not an ISO time such as 2026-11-21 09:30:00")) from None
    if instant.year < EARLIEST_YEAR:
        raise BadRow(_("ordered_at lies before 1970"))
    if instant > clock.now() + timedelta(days=1):
        raise BadRow(_("ordered_at lies in the future"))
    day = local.date() if local.tzinfo is clock.SHOP_ZONE else clock.day_of(instant)
    return instant.replace(tzinfo=None).isoformat(sep=" "), day.isoformat()


@contextmanager
def staged(path, *, on_bad, encoding="utf-8-sig", progress=iter):
    """Check every row of a file and give (orders, rows): orders yields (order_no, rows of that
    order) without bad ones.

    ``on_bad(number, order_no, reason)`` hears of each bad row; numbers count the lines of the file
    from 1, the header's own.
    Raises: UnreadableFile.
    """
    with tempfile.TemporaryDirectory(prefix="history") as folder:
        stage = sqlite3.connect(f"{folder}/rows.sqlite3", isolation_level=None)
        try:
            stage.execute("PRAGMA journal_mode=OFF")
            stage.execute("PRAGMA synchronous=OFF")
            stage.execute("PRAGMA temp_store=FILE")
            stage.execute(
                "CREATE TABLE rows (no, at, on_day, customer, sku, product, category, quantity, "
                "fen, status, line)"
            )
            stage.execute("CREATE TABLE bad (no PRIMARY KEY) WITHOUT ROWID")
            rows = _stage(stage, path, on_bad, encoding, progress)
            yield _orders(stage, on_bad), rows
        finally:
            stage.close()


def _stage(stage, path, on_bad, encoding, progress):
    """Write the good rows of the file to the stage and the numbers of bad orders beside them;
    returns how many rows there are.
    """
    rows, count = [], 0
    put = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    stage.execute("BEGIN")
    for count, (number, fields) in enumerate(_rows(path, encoding, progress), 1):  # noqa: B007 - the last one is the answer
        try:
            if len(fields) != len(COLUMNS):
                raise BadRow(_("the row has not one field per column"))
            rows.append((*read_row(fields), number))
        except BadRow as reason:
            no = fields[0].strip() if fields else ""
            on_bad(number, no, str(reason))
            stage.execute("INSERT OR IGNORE INTO bad VALUES (?)", [no])
        if len(rows) >= STAGED_ROWS:
            stage.executemany(put, rows)
            rows.clear()
    stage.executemany(put, rows)
    stage.execute("COMMIT")
    return count


def _rows(path, encoding, progress):
    """Yield (line number, fields in the order of COLUMNS). Raises: UnreadableFile."""
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with open(path, encoding=encoding, newline="") as file:
            reader = csv.reader(progress(file))
            header = [title.strip() for title in next(reader, [])]
            missing = [column for column in COLUMNS if column not in header]
            if missing:
                raise UnreadableFile(
                    _("The first line must name the columns; missing: %(columns)s.")
                    % {"columns": ", ".join(missing)}
                )
            pick = itemgetter(*(header.index(column) for column in COLUMNS))
            number = reader.line_num
            for fields in reader:
                number, last = reader.line_num, number
                if fields:
                    yield last + 1, pick(fields) if len(fields) == len(header) else fields[:1]
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            _("The file is not written in %(encoding)s.") % {"encoding": encoding}
        ) from error
    except csv.Error as error:
        raise UnreadableFile(
            _("The file cannot be read after line %(number)s: %(reason)s.")
            % {"number": number, "reason": error}
        ) from error
    except OSError as error:
        raise UnreadableFile(
            _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}
        ) from error


def _orders(stage, on_bad):
    """Yield (order_no, rows) of the orders whose rows are all good and agree with one another."""
    good = stage.execute(
        "SELECT * FROM rows WHERE no NOT IN (SELECT no FROM bad) ORDER BY no, line"
    )
    for no, rows in groupby(good, key=itemgetter(0)):
        rows = list(rows)
        odd = next(
            (
                row
                for row in rows
                if (row[1], row[3], row[9]) != (rows[0][1], rows[0][3], rows[0][9])
            ),
            None,
        )
        if odd is None:
            yield no, rows
        else:
            reason = _("time, customer or status differ from line %(line)s of the same order") % {
                "line": rows[0][10]
            }
            on_bad(odd[10], no, reason)
