"""What stands in a zipped workbook before anything unpacks it into memory: how large it becomes,
how many cells it has, which of them hold an error or a formula nobody worked out, and which rows a
filter hides.

python-calamine (0.9.1) allocates the whole rectangle up to the last cell, copies a shared text into
each of its cells, and reads errors and formulas without a value as empty cells.
"""

import copy
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from mall.core.tables.errors import UnreadableTable

UNPACKED_BYTES_MAX = 128 * 1024 * 1024
ENTRIES_MAX = 2_000
CELLS_MAX = 5_000_000
TEXT_BYTES_MAX = 256 * 1024 * 1024
PIECE_BYTES = 1 << 20
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
ROWS = re.compile(rb'\br="[A-Z]{1,3}([0-9]{1,7})"')
COLUMNS = re.compile(rb'\br="([A-Z]{1,3})[0-9]{1,7}"')
ERROR = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>')
VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>/]*>[^<]")
NOUGHTS = re.compile(r"0{2,}\Z")
STYLED = re.compile(rb'<(?:\w+:)?c\b([^>]*\bs="([0-9]+)"[^>]*)>')
UNWORKED = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
HIDDEN = re.compile(
    rb'<(?:\w+:)?row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*\br="([0-9]{1,7})"[^>]*(?<!/)>'
)
ROW_END = re.compile(rb"</(?:\w+:)?row>")
EMPTY_TEXT = b't="str"'  # of a formula: its result is a text, perhaps an empty one


@dataclass(frozen=True)
class Sheet:
    """A sheet with something in it: its name; per row the columns (from 0) that cannot be read, and
    the columns whose numbers are shown with so many digits, noughts in front; the rows with
    something in them that are not shown.
    """

    name: str
    broken: dict[int, set[int]]
    padded: dict[int, dict[int, int]]
    hidden: list[int]


def survey(file) -> list[Sheet]:
    """Return the visible sheets of an .xlsx with something in them.

    Raises: UnreadableTable (no workbook, damaged, or larger than may be unpacked).
    """
    try:
        with zipfile.ZipFile(file) as package:
            _measure(package)
            longest, filled, widths = _longest_text(package), [], _widths(package)
            for name, path in _sheets(package):
                content = package.read(path)
                if VALUE.search(content):
                    broken, padded = _broken(content, longest), _padded(content, widths)
                    filled.append(Sheet(name, broken, padded, _hidden(content)))
            return filled
    except (
        zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, RuntimeError, EOFError,
        NotImplementedError, OSError, ValueError,
    ) as error:  # fmt: skip
        raise UnreadableTable(
            _("This workbook is damaged or protected. Please save it again as .xlsx.")
        ) from error


def _measure(package):
    """Unpack everything piece by piece, keeping nothing: what a header says of a size may lie."""
    names = set(package.namelist())
    if "xl/workbook.xml" not in names:
        raise UnreadableTable(_not_a_workbook(names))
    left, many = UNPACKED_BYTES_MAX, len(package.infolist()) > ENTRIES_MAX
    for entry in package.infolist():
        boundless = copy.copy(entry)
        boundless.file_size = sys.maxsize
        with package.open(boundless) as content:
            while left >= 0 and (piece := content.read(PIECE_BYTES)):
                left -= len(piece)
        if left < 0 or many:
            raise UnreadableTable(_too_large())


def _not_a_workbook(names):
    is_numbers = any(name.endswith(".iwa") for name in names)
    if is_numbers or not names.isdisjoint(("mimetype", "xl/workbook.bin")):
        return _("This is another kind of workbook. Please save it as .xlsx or as “CSV UTF-8”.")
    return _("This is a zip archive. Please unpack it and upload the table that is in it.")


def _too_large():
    return _(
        "This workbook is too large once unpacked. Please leave only the rows and columns that "
        "are needed, or save it as “CSV UTF-8”."
    )


def _sheets(package) -> Iterator[tuple[str, str]]:
    """Yield (name, path) of the visible sheets, or of the hidden ones where none is visible."""
    relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    paths = {relation.get("Id"): relation.get("Target") for relation in relations}
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    sheets = [*book.iter(f"{MAIN}sheet"), *book.iter(f"{STRICT}sheet")]
    visible = [sheet for sheet in sheets if sheet.get("state", "visible") == "visible"]
    for sheet in visible or sheets:
        relation = next(value for name, value in sheet.items() if name.endswith("}id"))
        target = paths[relation]
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if "worksheets/" in path:  # no chart sheet
            yield sheet.get("name"), path


def _broken(content, longest_text) -> dict[int, set[int]]:
    """Return the cells that hold no value, by row (from 1). Raises: UnreadableTable."""
    rows = max(map(int, set(ROWS.findall(content))), default=0)
    columns = max(map(_column, set(COLUMNS.findall(content))), default=0) + 1
    texts = content.count(b't="s"')
    if rows * columns > CELLS_MAX or texts * longest_text > TEXT_BYTES_MAX:
        raise UnreadableTable(_too_large())
    broken = {}
    if b't="e"' in content or b"<f" in content or b":f" in content:
        for found in chain(ERROR.finditer(content), UNWORKED.finditer(content)):
            if EMPTY_TEXT not in found[1] and (place := PLACE.search(found[1])):
                broken.setdefault(int(place[2]), set()).add(_column(place[1]))
    return broken


def _widths(package) -> dict[int, int]:
    """Return how many digits each style shows whose number format is noughts (00000), as numbers of
    orders and cards have it: python-calamine (0.9.1) tells the bare number.
    """
    if "xl/styles.xml" not in package.namelist():
        return {}
    styles = ElementTree.fromstring(package.read("xl/styles.xml"))
    own = [one for main in (MAIN, STRICT) for one in styles.iter(f"{main}numFmt")]
    digits = {
        one.get("numFmtId"): len(one.get("formatCode", ""))
        for one in own
        if NOUGHTS.match(one.get("formatCode", ""))
    }
    uses = [one for main in (MAIN, STRICT) for one in styles.findall(f"{main}cellXfs/{main}xf")]
    return {
        place: digits[one.get("numFmtId")]
        for place, one in enumerate(uses)
        if one.get("numFmtId") in digits
    }


def _padded(content, widths) -> dict[int, dict[int, int]]:
    padded = {}
    for found in STYLED.finditer(content) if widths else ():
        width, place = widths.get(int(found[2])), PLACE.search(found[1])
        if width and place:
            padded.setdefault(int(place[2]), {})[_column(place[1])] = width
    return padded


def _hidden(content) -> list[int]:
    found = []
    for row in HIDDEN.finditer(content):
        end = ROW_END.search(content, row.end())
        if end and VALUE.search(content, row.end(), end.start()):
            found.append(int(row[1]))
    return found


def _longest_text(package):
    if "xl/sharedStrings.xml" not in package.namelist():
        return 0
    texts = package.read("xl/sharedStrings.xml").split(b"</si>")
    return max(map(len, texts))


def _column(letters) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
