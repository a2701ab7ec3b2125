"""Rows of a file on their way to orders: kept in a temporary SQLite file on disk, which sorts them
without holding them in memory, however large the file and in whatever order.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from django.utils.translation import gettext as _

from mall.core import clock
from marketing.analytics.history_row import BadRow, latest, read_columns

CUSTOMER, STATUS, AT, DAY, LINE = 3, 9, 1, 2, 10
LINES_NAMED = 20
DIGESTED = "\t".join(["%s"] * LINE)
PUT = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class StagedOrder(NamedTuple):
    """An order as its rows tell it: ``at`` in UTC, ``total`` and the last of each line in yuan, as
    the tables take them; ``digest`` tells its content from another's; ``numbers`` are its rows'
    lines in the file. With a ``refusal`` (line, reason) it is none; a ``remark`` (line, words) says
    what was put right.
    """

    no: str
    numbers: list[int]
    at: str = ""
    on: str = ""
    customer: str = ""
    status: str = ""
    total: str = ""
    lines: Sequence[tuple] = ()
    digest: str = ""
    refusal: tuple = ()
    remark: tuple = ()


class Stage:
    """The good rows of a file, and the numbers of the orders that have a bad one.

    While it takes them in, ``on_bad(line, order_no, reason)`` hears of each row that is refused and
    ``on_left(line, order_no, reason)`` of each that goes with it.
    """

    def __init__(self, connection, *, on_bad, on_left, sample=0):
        self._connection, self.rows = connection, 0
        self._on_bad, self._on_left = on_bad, on_left
        self._sampled, self.sample = sample, []
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA temp_store=FILE")
        connection.execute(
            "CREATE TABLE rows (no, at, on_day, customer, sku, product, category, quantity, "
            "fen, status, line)"
        )
        connection.execute("CREATE TABLE bad (no PRIMARY KEY, line) WITHOUT ROWID")

    def take(self, rows) -> None:
        """Check (lines, nine columns of texts, reasons or nothing), some rows at once, and keep the
        good ones.
        """
        until = latest()
        self._connection.execute("BEGIN")
        for lines, columns, reasons in rows:
            self.rows += len(lines)
            self._read(lines, columns, reasons, until)
        self._connection.execute("COMMIT")
        self._leave_out()

    def _read(self, lines, columns, reasons, until):
        """Keep rows that are all good; where one is not, each half of them by itself."""
        try:
            if reason := next(filter(None, reasons), ""):
                raise BadRow(reason)
            read = read_columns(columns, until)
        except BadRow as bad:
            if len(lines) == 1:
                reasons = [str(bad)]
                self._refuse(lines[0], columns[0][0].strip(), *reasons)
            else:
                half = len(lines) // 2
                for part in (slice(half), slice(half, None)):
                    of_part = [column[part] for column in columns]
                    self._read(lines[part], of_part, reasons[part], until)
                return
        else:
            self._connection.executemany(PUT, zip(*read, lines, strict=True))
        rows = zip(lines, zip(*columns, strict=True), reasons, strict=True)
        self.sample += islice(rows, self._sampled - len(self.sample))

    def _refuse(self, line, no, reason):
        self._on_bad(line, no, reason)
        self._connection.execute("INSERT OR IGNORE INTO bad VALUES (?, ?)", [no, line])

    def _leave_out(self):
        """Tell of the good rows whose order has a bad one."""
        left = self._connection.execute(
            "SELECT rows.line, rows.no, bad.line FROM rows JOIN bad USING (no) ORDER BY rows.line"
        )
        for line, no, bad_line in left:
            self._on_left(line, no, with_line(bad_line))

    def customers(self) -> int:
        """Return how many customers the good orders have."""
        (count,) = self._connection.execute(
            "SELECT COUNT(DISTINCT customer) FROM rows WHERE no NOT IN (SELECT no FROM bad)"
        ).fetchone()
        return count

    def orders(self) -> Iterator[StagedOrder]:
        """Yield the orders whose rows are all good, by number. Those whose rows do not agree with
        one another in customer and status are refused; of times that differ each row gets the
        earliest.
        """
        good = self._connection.execute(
            "SELECT * FROM rows WHERE no NOT IN (SELECT no FROM bad) ORDER BY no, line"
        )
        for no, of_one in groupby(good, key=itemgetter(0)):
            rows, remark = list(of_one), ()
            if len(rows) > 1:
                if reason := _disagreement(rows):
                    odd = next(row for row in rows if _said_of(row) != _said_of(rows[0]))
                    numbers = [row[LINE] for row in rows]
                    yield StagedOrder(no, numbers, refusal=(odd[LINE], reason))
                    continue
                if len({row[AT] for row in rows}) > 1:
                    remark, rows = _at_the_earliest(rows)
            yield _order(no, rows, remark)


@contextmanager
def open_stage(**listeners) -> Iterator[Stage]:
    """Give an empty stage, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="history") as folder:
        # its orders may be read in another thread (mall/core/ahead.py), one thread at a time
        connection = sqlite3.connect(
            f"{folder}/rows.sqlite3", isolation_level=None, check_same_thread=False
        )
        try:
            yield Stage(connection, **listeners)
        finally:
            connection.close()


def with_line(number) -> str:
    """Say why a good row is left out."""
    return _("left out with line %(line)s of the same order") % {"line": number}


def _shop_time(utc):
    instant = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    return instant.astimezone(clock.SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _at_the_earliest(rows):
    """Return a remark, and the rows with the earliest of their times."""
    first = min(rows, key=itemgetter(AT))
    words = _("its lines have %(times)s different times; the earliest was taken: %(time)s") % {
        "times": len({row[AT] for row in rows}),
        "time": _shop_time(first[AT]),
    }
    at = [(row[0], first[AT], first[DAY], *row[CUSTOMER:]) for row in rows]
    return (first[LINE], words), at


def _order(no, rows, remark):
    _no, at, on, customer, *_of_the_line, status, _number = rows[0]
    numbers, lines, total = [], [], 0
    for *_of_the_order, sku, product, category, quantity, fen, _status, number in rows:
        numbers.append(number)
        lines.append((sku, product, category, quantity, yuan_text(fen)))
        total += quantity * fen
    digest, total = _digest(rows), yuan_text(total)
    return StagedOrder(no, numbers, at, on, customer, status, total, lines, digest, remark=remark)


@lru_cache(maxsize=4_096)
def yuan_text(fen: int) -> str:
    """Write fen as yuan: 1250 -> "12.50"."""
    return f"{fen // 100}.{fen % 100:02}"


def _digest(rows):
    """Tell one order's content from another's: its lines in any sequence, whatever number they have
    in the file.
    """
    told = "\n".join(sorted(DIGESTED % row[:LINE] for row in rows))
    return blake2b(told.encode(), digest_size=16).hexdigest()


_said_of = itemgetter(CUSTOMER, STATUS)


def _disagreement(rows) -> str:
    """Say in what the rows of one order differ and where, or nothing."""
    if len(set(map(_said_of, rows))) == 1:
        return ""
    told = []
    for name, place in (("customer", CUSTOMER), ("status", STATUS)):
        lines = {}
        for row in rows:
            lines.setdefault(row[place], []).append(row[LINE])
        if len(lines) > 1:
            told.append(
                _("%(column)s differs within the order: %(told)s")
                % {"column": name, "told": "; ".join(map(_where, lines.items()))}
            )
    return "; ".join(told)


def _where(said):
    text, lines = said
    shown = ", ".join(map(str, lines[:LINES_NAMED])) + (" …" if len(lines) > LINES_NAMED else "")
    return _("%(text)s in line %(lines)s") % {"text": text, "lines": shown}
