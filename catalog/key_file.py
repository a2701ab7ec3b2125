"""Card keys as people bring them: one a row, pasted or in a file, byte for byte.

A row is a line: a quotation mark that is not closed swallows no other. Several cells (number,
password) are one key, a blank between them; cells are told apart by tabs where a spreadsheet put
them, by commas otherwise. What is no key is told, not sold: a heading, a row without a digit, a
number that a spreadsheet rounded.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mall.core.tables import cells, reader, sheets, texts
from mall.core.tables.columns import TITLES_MAX, Column, folded
from mall.core.tables.errors import UnreadableTable

FILE_BYTES_MAX = 2 * 1024 * 1024
KEY_HEADING = {"key", "keys", "code", "secret"}  # the heading that was told about beforehand
HEADINGS = (
    Column("key", (*KEY_HEADING, pgettext_lazy("headings", "card number|card no.|serial number"))),
    Column("pin", (_("Password"), pgettext_lazy("headings", "pin|pass|card password"))),
)
INDEX = Column("index", (pgettext_lazy("headings", "row number|line number"),))
LINE_BREAK = re.compile(r"\r\n|\r|\n")
# A tab between two cells; one in front of a cell only tells a spreadsheet that it is text.
TAB_BETWEEN = re.compile(r"""[^,\t\s"']\t|[^,\s]"\t""")


@dataclass(frozen=True)
class Keys:
    """What was read: (row of the file, key), and (row, why it is none)."""

    rows: tuple[tuple[int, str], ...]
    faults: tuple[tuple[int, str], ...] = ()


def read_text(text: str, *, letters_too: bool = False) -> Keys:
    """Return the keys of a pasted text. ``letters_too``: rows without a digit are keys as well."""
    return _sorted_out(_text_rows(text), letters_too)


def read_file(content: bytes, *, letters_too: bool = False) -> Keys:
    """Return the keys of a text, CSV or .xlsx file. Raises: UnreadableTable."""
    if len(content) > FILE_BYTES_MAX:
        raise UnreadableTable(_("A file may have at most 2 MB."))
    file = io.BytesIO(content)
    if reader.is_workbook(file):
        return _sorted_out(sheets.records(file), letters_too)
    return read_text(content.decode(texts.encoding_of(file)), letters_too=letters_too)


def _text_rows(text) -> Iterator[tuple[int, list[str]]]:
    lines = LINE_BREAK.split(text.lstrip("\ufeff"))
    delimiter = _delimiter_of(lines)
    if texts.SEPARATOR_LINE.match(lines[0]):
        lines[0] = ""
    for number, line in enumerate(lines, 1):
        yield number, _cells(line, delimiter)


def _delimiter_of(lines):
    """A semicolon may be a key's own: it counts only where the headings stand apart by it."""
    if found := texts.SEPARATOR_LINE.match(lines[0]):
        return found[1]
    if any(TAB_BETWEEN.search(line) for line in lines):
        return "\t"
    first = next((line for line in lines if line.strip()), "")
    return ";" if ";" in first and _names_columns(_cells(first, ";")) else ","


def _cells(line, delimiter):
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:  # a quotation mark that opens nothing is a sign like others
        return line.split(delimiter)


def _sorted_out(found: Iterable, letters_too) -> Keys:
    rows = [(number, raw) for number, raw in found if any(map(cells.bare, raw))]
    heading, faults = _heading_of(rows), []
    if heading is not None:
        faults, rows = (
            _above(rows[: heading + 1]),
            _without_index(rows[heading], rows[heading + 1 :]),
        )
    keys, wordy, cut = [], [], cells.cut_places(raw for _number, raw in rows)
    for number, raw in rows:
        key = " ".join(filter(None, map(cells.bare, raw)))
        if fault := next(filter(None, map(_fault_of, raw)), "") or _cut_in(raw, cut):
            faults.append((number, fault))
        elif any(sign.isdigit() for sign in key):
            keys.append((number, key))
        elif key:
            wordy.append((number, key))
    # Under a heading, keys may be of letters only; a few such rows among others are none.
    if letters_too or (heading is not None and len(wordy) >= len(keys)):
        plain = [(number, key) for number, key in wordy if letters_too or key.isascii()]
        keys = sorted(keys + plain)
        wordy = [row for row in wordy if row not in plain]
    faults += [(number, _heading(key)) for number, key in wordy]
    return Keys(tuple(keys), tuple(sorted(faults, key=lambda fault: fault[0])))


def _heading_of(rows):
    """Return the place of the row that names the columns, perhaps below a title, or None."""
    for place, (_number, raw) in enumerate(rows[:TITLES_MAX]):
        if _names_columns([text for text in map(cells.bare, raw) if text]):
            return place
    return None


def _above(rows) -> list[tuple[int, str]]:
    """Tell of the heading and of what stands over it; the one that was told beforehand is no
    news.
    """
    texts = [(number, " ".join(filter(None, map(cells.bare, raw)))) for number, raw in rows]
    (number, title), over = texts[-1], texts[:-1]
    told = [(row, gettext("It stands above the headings, so it is no key.")) for row, _text in over]
    return told if title.lower() in KEY_HEADING else [*told, (number, _heading(title))]


def _without_index(heading, rows):
    """Return the rows without the column that only counts them."""
    known = INDEX.known()
    left_out = {place for place, text in enumerate(heading[1]) if folded(text) in known}
    if not left_out:
        return rows
    return [
        (number, [text for place, text in enumerate(raw) if place not in left_out])
        for number, raw in rows
    ]


def _names_columns(parts) -> bool:
    titles, known = {folded(part) for part in parts}, _known()
    return bool(titles & known) and titles <= known | INDEX.known()


def _known():
    return set().union(*(column.known() for column in HEADINGS))


def _fault_of(raw):
    if isinstance(raw, sheets.Unusable):
        return str(raw)
    if isinstance(raw, sheets.Date):
        return gettext(
            "%(text)s: a spreadsheet made a date of this; format the column as text and enter it "
            "again"
        ) % {"text": raw}
    return cells.fault_of(raw, cells.bare(raw))


def _cut_in(raw, cut):
    found = (text for place, text in enumerate(raw) if place in cut)
    return next((cells.rounded(text) for text in found if cells.CUT_NUMBER.match(text.strip())), "")


def _heading(key):
    return gettext("“%(text)s” has no digit and is taken for a heading, not for a key.") % {
        "text": key[:40]
    }
