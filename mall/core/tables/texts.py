"""Text files as programs save them: which encoding, which delimiter, and their records one by one.

A delimiter is told by the headings it yields, so a comma in a quoted text, or a file of one column,
leads nobody astray.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from mall.core.tables import cells
from mall.core.tables.columns import TITLES_MAX, Column, matches
from mall.core.tables.errors import UnreadableTable

DELIMITERS = (",", ";", "\t")
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
PIECE_BYTES = 1 << 20
CUT_NUMBER = re.compile(rb"[0-9]{15}0(?![1-9])")
OVERLAP_BYTES = 16
HEADING_CHARACTERS = 100_000
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)  # Excel's own first line
DAMAGED_SHARE = 10  # so much more good UTF-8 than bad is UTF-8 that was cut, not GB18030


def encoding_of(file) -> str:
    """Return the encoding of a binary file from its whole content. Raises: UnreadableTable."""
    head = _rewound(file).read(4)
    if head.startswith(UTF16_MARKS):
        encodings = ("utf-16",)
    elif head.startswith(codecs.BOM_UTF8):
        encodings = ("utf-8-sig",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        if _decodes(file, encoding):
            return encoding
        if encoding == "utf-8-sig" and _is_damaged(file):
            break
    raise UnreadableTable(
        _(
            "This file is neither UTF-8, GB18030 nor UTF-16 text, or is damaged. Please save it as "
            "“CSV UTF-8” or as .xlsx."
        )
    )


def records(file, encoding: str, delimiter: str, *, progress=iter) -> Iterator[tuple[int, list]]:
    """Yield (first line, cells) of every record, blank lines included. Raises: UnreadableTable."""
    text = io.TextIOWrapper(_rewound(file), encoding, newline="")
    reader = csv.reader(progress(text), delimiter=delimiter, strict=True)
    before = 0
    try:
        for fields in reader:
            line, before = before + 1, reader.line_num
            if not (line == 1 and SEPARATOR_LINE.match(delimiter.join(fields))):
                yield line, fields
    except csv.Error as error:
        raise UnreadableTable(_broken_off(before + 1)) from error
    except UnicodeError as error:
        raise UnreadableTable(
            _("The file is not written in %(encoding)s.") % {"encoding": encoding}
        ) from error
    finally:
        if not text.closed:
            text.detach()  # the file stays its owner's


def cut_places(file, encoding: str, delimiter: str) -> set[int]:
    """Return the columns whose long numbers a spreadsheet cut, found in a pass of its own where
    there are such numbers at all. Raises: UnreadableTable.
    """
    before = b""
    for piece in _pieces(file):
        piece = before + piece.replace(b"\0", b"")  # the other halves of UTF-16
        if CUT_NUMBER.search(piece):
            return cells.cut_places(row for _line, row in records(file, encoding, delimiter))
        before = piece[-OVERLAP_BYTES:]
    return set()


def delimiter_of(file, encoding: str, columns: Sequence[Column]) -> str:
    """Return the delimiter under which one of the first records names most of these columns (or, of
    none named, the first that has several cells has most).
    """
    text = io.TextIOWrapper(_rewound(file), encoding, newline="")
    try:
        head = text.read(HEADING_CHARACTERS)
    except UnicodeError as error:
        raise UnreadableTable(
            _("The file is not written in %(encoding)s.") % {"encoding": encoding}
        ) from error
    finally:
        text.detach()
    if found := SEPARATOR_LINE.match(head.partition("\n")[0]):
        return found[1]
    first = {delimiter: _first_records(head, delimiter) for delimiter in DELIMITERS}

    def fit(delimiter):
        return max((matches(row, columns), len(row)) for row in first[delimiter] or [()])

    best = max(DELIMITERS, key=fit)
    if fit(best)[0]:
        return best
    for place in range(TITLES_MAX):
        widths = {one: len(rows[place]) for one, rows in first.items() if place < len(rows)}
        if max(widths.values(), default=0) > 1:
            return max(widths, key=widths.get)
    return DELIMITERS[0]


def _first_records(head, delimiter):
    found = []
    try:
        for fields in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            found += [fields] if any(field.strip() for field in fields) else []
            if len(found) == TITLES_MAX:
                break
    except csv.Error:  # this delimiter is not the one, then, or the file broke off
        return found
    return found


def _broken_off(line):
    return _(
        "The file cannot be read from line %(line)s on: perhaps a quotation mark there is not "
        "closed, or stands within a text without being doubled."
    ) % {"line": line}


def _rewound(file):
    file.seek(0)
    return file


def _decodes(file, encoding):
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in _pieces(file):
            if "\0" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _is_damaged(file):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    for piece in _pieces(file):
        text = decoder.decode(piece)
        bad += text.count("\ufffd")
        good += len(text) - len(text.encode("ascii", "ignore"))
    return bad * DAMAGED_SHARE < good - bad


def _pieces(file):
    _rewound(file)
    return iter(lambda: file.read(PIECE_BYTES), b"")
