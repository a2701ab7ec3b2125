"""Rows of a file on their way to orders: kept in a temporary SQLite file on disk, which sorts them
without holding them in memory, however large the file and in whatever order.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

from django.utils.translation import gettext as _

from mall.core import clock
from marketing.analytics.history_row import BadRow, latest, read_row

STAGED_ROWS = 5_000
CUSTOMER, STATUS, AT, DAY, LINE = 3, 9, 1, 2, 10
LINES_NAMED = 20
PUT = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Stage:
    """The good rows of a file, and the numbers of the orders that have a bad one.

    ``on_bad(line, order_no, reason)`` hears of each row that is refused and ``on_left(line,
    order_no, reason)`` of each that goes with it; ``on_remark`` of what was put right.
    """

    def __init__(self, connection, *, on_bad, on_left, on_remark, sample=0):
        self._connection, self.rows = connection, 0
        self._on_bad, self._on_left, self._on_remark = on_bad, on_left, on_remark
        self._sampled, self.sample = sample, []
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA temp_store=FILE")
        connection.execute(
            "CREATE TABLE rows (no, at, on_day, customer, sku, product, category, quantity, "
            "fen, status, line)"
        )
        connection.execute("CREATE TABLE bad (no PRIMARY KEY, line) WITHOUT ROWID")

    def take(self, lines) -> None:
        """Check (line, nine texts, reason or nothing) and keep the good ones."""
        rows, put, until = [], self._connection.executemany, latest()
        self._connection.execute("BEGIN")
        for number, fields, reason in lines:
            self.rows += 1
            try:
                if reason:
                    raise BadRow(reason)
                rows.append((*read_row(fields, until), number))
            except BadRow as bad:
                reason = str(bad)
                self._on_bad(number, fields[0].strip(), reason)
                self._connection.execute(
                    "INSERT OR IGNORE INTO bad VALUES (?, ?)", [fields[0].strip(), number]
                )
            if len(self.sample) < self._sampled:
                self.sample.append((number, fields, reason))
            if len(rows) >= STAGED_ROWS:
                put(PUT, rows)
                rows.clear()
        put(PUT, rows)
        self._connection.execute("COMMIT")
        self._leave_out()

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

    def orders(self) -> Iterator[tuple]:
        """Yield (order_no, rows) of the orders whose rows are all good and agree with one another
        in customer and status; of times that differ each row has the earliest.
        """
        good = self._connection.execute(
            "SELECT * FROM rows WHERE no NOT IN (SELECT no FROM bad) ORDER BY no, line"
        )
        for no, rows in groupby(good, key=itemgetter(0)):
            rows = list(rows)
            if len(rows) > 1 and (reason := _disagreement(rows)):
                odd = next(row for row in rows if _said_of(row) != _said_of(rows[0]))
                self._on_bad(odd[LINE], no, reason)
                for row in rows:
                    if row is not odd:
                        self._on_left(row[LINE], no, with_line(odd[LINE]))
                continue
            if len({row[AT] for row in rows}) > 1:
                rows = self._at_the_earliest(no, rows)
            yield no, rows

    def _at_the_earliest(self, no, rows):
        first = min(rows, key=itemgetter(AT))
        self._on_remark(
            first[LINE],
            no,
            _("its lines have %(times)s different times; the earliest was taken: %(time)s")
            % {"times": len({row[AT] for row in rows}), "time": _shop_time(first[AT])},
        )
        return [(row[0], first[AT], first[DAY], *row[CUSTOMER:]) for row in rows]


@contextmanager
def open_stage(**listeners) -> Iterator[Stage]:
    """Give an empty stage, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="history") as folder:
        connection = sqlite3.connect(f"{folder}/rows.sqlite3", isolation_level=None)
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
