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
from mall.core.tables.columns import Column, folded
from mall.core.tables.errors import UnreadableTable

FILE_BYTES_MAX = 2 * 1024 * 1024
KEY_HEADING = {"key", "keys", "code", "secret"}  # the heading that was told about beforehand
HEADINGS = (
    Column("key", (*KEY_HEADING, pgettext_lazy("headings", "card number|card no.|serial number"))),
    Column("pin", (_("Password"), pgettext_lazy("headings", "pin|pass|card password"))),
)
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
    for number, line in enumerate(lines, 1):
        yield number, _cells(line, delimiter)


def _delimiter_of(lines):
    """A semicolon may be a key's own: it counts only where the headings stand apart by it."""
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
    keys, wordy, faults, has_heading = [], [], [], None
    for number, raw in found:
        parts = [part for part in map(cells.bare, raw) if part]
        if not parts:
            continue
        key, is_first = " ".join(parts), has_heading is None
        if is_first:
            has_heading = _names_columns(parts)
        if is_first and key.lower() in KEY_HEADING:
            continue
        if fault := next(filter(None, map(_fault_of, raw)), ""):
            faults.append((number, fault))
        elif is_first and has_heading:
            faults.append((number, _heading(key)))
        elif any(sign.isdigit() for sign in key):
            keys.append((number, key))
        else:
            wordy.append((number, key))
    # Under a heading, keys may be of letters only; a few such rows among others are none.
    if letters_too or (has_heading and len(wordy) >= len(keys)):
        plain = [(number, key) for number, key in wordy if letters_too or key.isascii()]
        keys = sorted(keys + plain)
        wordy = [row for row in wordy if row not in plain]
    faults += [(number, _heading(key)) for number, key in wordy]
    return Keys(tuple(keys), tuple(sorted(faults, key=lambda fault: fault[0])))


def _names_columns(parts) -> bool:
    known = set().union(*(column.known() for column in HEADINGS))
    return all(folded(part) in known for part in parts)


def _fault_of(raw):
    if isinstance(raw, sheets.Unusable):
        return str(raw)
    return cells.fault_of(cells.bare(raw))


def _heading(key):
    return gettext("“%(text)s” has no digit and is taken for a heading, not for a key.") % {
        "text": key[:40]
    }
