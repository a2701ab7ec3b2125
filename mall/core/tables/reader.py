"""The one reader of tables: CSV of any usual encoding and delimiter, and .xlsx, row by row as text.

What cannot be read is refused with its cause and the mend; what is wrong with one row stands in its
``fault``. Rows of a text file are read as they are asked for, however many there are.
"""

import codecs
import io
import os
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from mall.core.tables import cells, row_faults, sheets, texts
from mall.core.tables.columns import TITLES_MAX, Column, Columns, Row, heading_place, listed, places
from mall.core.tables.errors import UnreadableTable

XLSX = "xlsx"
ACCEPTED = ".csv,.txt,.tsv,.xlsx,text/csv"  # what a file field offers to choose
HEAD_BYTES = 2_048
ROWS_AT_ONCE = 200  # nearly always all of them are plain
ABSENT = -1  # the place of a column that is not there
TEXTS = {str}
MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|table|meta|\?xml|\w)", re.I)
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")


class Table:
    """A table that was opened: its headings, and its rows, to be gone through once.

    ``above``: (line, text) of the titles over the headings, which are not read; ``notes``:
    sentences about what its sheet hides.
    """

    def __init__(
        self, records, columns, encoding, delimiter, cut=frozenset(), notes=(), *, file=None
    ):
        self._source, self._file, self._cut, self.notes = records, file, cut, notes
        self.encoding, self.delimiter = encoding, delimiter
        first = list(islice((row for row in records if any(map(cells.bare, row[1]))), TITLES_MAX))
        if not first:
            raise UnreadableTable(_("There is nothing in this file."))
        place = heading_place([fields for _line, fields in first], columns)
        self.above = tuple((line, " ".join(filter(None, row))) for line, row in first[:place])
        self.titles, self._width = _titles(first[place][1])
        self._records = chain(first[place + 1 :], records)
        # a cell under no heading is a fault
        self._plain_width = len(self.titles) if all(self.titles) and not cut else 0
        found = places(self.titles, columns)
        self._names = tuple(one.name for one in columns)
        self._read = [(one.name, found.get(one.name, ABSENT), one.is_code) for one in columns]
        self.unknown = tuple(
            title
            for place, title in enumerate(self.titles)
            if title and place not in found.values()
        )
        self.missing = tuple(one.name for one in columns if one.name not in found)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._source.close()
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[Row]:
        """Yield every row that holds something. Raises: UnreadableTable."""
        for some in self.by_column():
            rows = zip(some.lines, some.faults, *some.cells.values(), strict=True)
            for line, fault, *found in rows:
                yield Row(line, dict(zip(self._names, found, strict=True)), fault)

    def by_column(self) -> Iterator[Columns]:
        """Yield the same rows, many at once: who has many looks at a column faster than at each
        cell. Raises: UnreadableTable.
        """
        while some := list(islice(self._records, ROWS_AT_ONCE)):
            lines, rows = zip(*some, strict=True)
            is_whole = set(map(len, rows)) == {self._plain_width} and all(map(any, rows))
            if is_whole and self._are_plain(rows):
                columns = [*zip(*rows, strict=True), ("",) * len(rows)]
                found = {name: columns[place] for name, place, _is_code in self._read}
                yield Columns(lines, found, columns[ABSENT])
            elif filled := [row for one in some if (row := self._row(*one))]:
                lines, rows, faults = zip(*filled, strict=True)
                found = {name: [row[name] for row in rows] for name in self._names}
                yield Columns(lines, found, faults)

    def _row(self, line, fields):
        """Return a row, or nothing where it holds nothing."""
        if len(fields) <= self._plain_width and self._are_plain([fields]):
            return Row(line, self._taken(fields)) if any(fields) else None
        if not _is_filled(fields):
            return None
        row = self._bared(line, fields)
        return row if row.fault or any(map(cells.bare, fields)) else None

    def _are_plain(self, rows):
        texts = list(chain.from_iterable(rows))
        if not cells.are_plain(texts):
            return False
        if self.delimiter or (kinds := set(map(type, texts))) == TEXTS:
            return True
        # cells of a workbook carry more than their text
        return kinds.isdisjoint((sheets.Unusable, sheets.Spread)) and not any(
            is_code and place < len(fields) and isinstance(fields[place], sheets.Date)
            for fields in rows
            for _name, place, is_code in self._read
        )

    def _taken(self, fields):
        width = len(fields)
        return {name: fields[place] if 0 <= place < width else "" for name, place, _ in self._read}

    def _bared(self, line, fields):
        found = self._taken(fields)
        fault = row_faults.stray(fields, self.titles, self._width)
        fault = fault or row_faults.swallowed(fields, self.delimiter)
        for name, place, is_code in self._read:
            raw = found[name]
            text = found[name] = cells.bare(raw)
            fault = fault or row_faults.of_cell(raw, text, is_code)
            if is_code and place in self._cut and cells.CUT_NUMBER.match(raw.strip()):
                fault = fault or cells.rounded(text)
        return Row(line, found, fault)


def open_table(
    source: bytes | BinaryIO | str | Path,
    columns: Sequence[Column],
    *,
    bytes_max: int | None = None,
    encoding: str = "",
    progress=iter,
) -> Table:
    """Return the table that bytes, a binary file that can be rewound, or a path hold.

    ``progress`` is given the lines of a text file and yields them on. Of a path: use it as a
    context manager. Raises: UnreadableTable.
    """
    file = _opened(source)
    try:
        found, *how = _found(file, columns, bytes_max, encoding, progress)
        return Table(found, columns, *how, file=None if file is source else file)
    except UnreadableTable:
        if file is not source:
            file.close()
        raise


def remarks_of(table: Table) -> tuple[str, ...]:
    """Return what of a table is not read, in sentences: titles over the headings, columns that none
    of ours answers to; and what is read though its sheet hides it.
    """
    above = _("Above the headings, so it is not read: %(titles)s")
    columns = _("Columns that are not read: %(titles)s")
    told = ((above, [text for _line, text in table.above]), (columns, table.unknown))
    unread = (words % {"titles": listed(titles)} for words, titles in told if titles)
    return (*unread, *table.notes)


def titles_of(source, *, encoding: str = "") -> tuple[str, ...]:
    """Return the headings as they are written. Raises: UnreadableTable."""
    with open_table(source, (), encoding=encoding) as table:
        return table.titles


def _found(file, columns, bytes_max, encoding, progress):
    """Return the records of a file, its encoding, its delimiter, the places of columns with cut
    numbers, and notes about its sheet. Raises: UnreadableTable.
    """
    if not file.seekable():  # a pipe
        raise UnreadableTable(_("This is no file but a stream. Please save it as a file first."))
    size = file.seek(0, os.SEEK_END)
    if bytes_max is not None and size > bytes_max:
        raise UnreadableTable(
            _("This file has more than %(most)s KB. Please split it.") % {"most": bytes_max // 1000}
        )
    if is_workbook(file):
        notes = []
        return sheets.records(file, columns, notes), XLSX, "", frozenset(), notes
    encoding = _named(encoding) or texts.encoding_of(file)
    delimiter = texts.delimiter_of(file, encoding, columns)
    found = texts.records(file, encoding, delimiter, progress=progress)
    cut = texts.cut_places(file, encoding, delimiter) if any(one.is_code for one in columns) else ()
    return found, encoding, delimiter, cut


def _opened(source):
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, str | Path):
        return source
    try:
        return open(source, "rb")  # noqa: SIM115 - closed with the table that reads it
    except OSError as error:
        raise UnreadableTable(
            _("The file cannot be opened: %(reason)s.") % {"reason": error.strerror}
        ) from error


def is_workbook(file):
    """Return whether it is a zipped workbook, not text. Raises: UnreadableTable (neither)."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return True
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable(
            _(
                "This is an old Excel file (.xls) or one with a password. Please save it as .xlsx "
                "or as “CSV UTF-8”."
            )
        )
    if head.startswith(b"%PDF"):
        raise UnreadableTable(_("This is a PDF. Please upload the table as CSV or .xlsx."))
    if head.startswith(PICTURES):
        raise UnreadableTable(_("This is a picture. Please upload the table as CSV or .xlsx."))
    if MARKUP.match(head):
        raise UnreadableTable(
            _(
                "This is a web page with the name of a table. Please open it in a spreadsheet and "
                "save it as .xlsx or as “CSV UTF-8”."
            )
        )
    return False


def _named(encoding):
    """Return the encoding a caller knows, or nothing to find it out. Raises: UnreadableTable."""
    if not encoding:
        return ""
    try:
        name = codecs.lookup(encoding).name
        io.TextIOWrapper(io.BytesIO(), name)  # hex and base64 are codecs, of no text
    except LookupError:
        raise UnreadableTable(
            _("There is no encoding %(encoding)s.") % {"encoding": encoding}
        ) from None
    return "utf-8-sig" if name == "utf-8" else name


def _titles(fields):
    """Return the headings of a row, without the blank ones at its end; how many cells it has."""
    titles = [cells.bare(str(field)) for field in fields]
    while not titles[-1]:
        titles.pop()
    return tuple(titles), len(fields)


def _is_filled(fields):
    return any(field and not field.isspace() for field in fields)
