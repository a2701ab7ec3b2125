"""The one writer of tables: CSV and .xlsx that open right in a spreadsheet and come back the same.

A text that a spreadsheet would run as a formula, or take for a number, a date or a time, is written
as text (in a CSV: behind an apostrophe, which the reader takes off again); numbers stay numbers, as
long as a spreadsheet keeps all their digits; times have one form, the shop's own clock.
"""

from collections.abc import Iterable, Iterator
from csv import writer
from datetime import date, datetime
from decimal import Decimal

from mall.core import clock
from mall.core.tables import cells

BYTE_ORDER_MARK = "\ufeff"  # or spreadsheets take Chinese for Latin
LONGEST_CELL = 32_767  # what a cell of a workbook holds
# Below the headings. XlsxWriter (3.3.1) drops what comes after: -1 is all its ``write`` says.
ROWS_ON_A_SHEET = 1_048_575
LONGEST_NUMBER = 10**cells.LONG_DIGITS // 10
AMOUNT_FORMAT = "0.00"


class _Echo:
    """A file that hands back what is written to it: csv writes one line at a time."""

    def write(self, line):
        return line


def as_csv(header: Iterable, rows: Iterable) -> Iterator[str]:
    """Yield a table as pieces of CSV; UTF-8 of them is what spreadsheets read."""
    lines = writer(_Echo())
    yield BYTE_ORDER_MARK
    yield lines.writerow([cell(str(title)) for title in header])
    for row in rows:
        yield lines.writerow([cell(value) for value in row])


def write_workbook(file, header: Iterable, rows: Iterable) -> None:
    """Write a table as .xlsx into a binary file, row by row in constant memory. What one sheet does
    not hold goes on on the next, under the same headings.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - few requests write one

    book = Workbook(file, {"constant_memory": True})
    titles, bold = [str(title) for title in header], book.add_format({"bold": True})
    amount = book.add_format({"num_format": AMOUNT_FORMAT})
    sheet = _headed_sheet(book, titles, bold)
    for number, row in enumerate(rows):
        line = number % ROWS_ON_A_SHEET + 1
        if number and line == 1:
            sheet = _headed_sheet(book, titles, bold)
        for place, value in enumerate(map(plain, row)):
            if isinstance(value, str):
                sheet.write_string(line, place, _kept(value)[:LONGEST_CELL])
            elif isinstance(value, Decimal):
                sheet.write_number(line, place, value, amount)
            else:
                sheet.write_number(line, place, value)
    book.close()


def _kept(text):
    """Return a text as a cell of a workbook from which the reader takes the same: what looks like
    an error or a rounded number, or begins as such a text, stands behind an apostrophe.
    """
    bare = cells.bare(text)
    is_other = bare != text.strip() or cells.fault_of(text, bare)
    return f"'{text}" if bare and is_other else text


def _headed_sheet(book, titles, bold):
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title, bold)
    return sheet


def cell(value):
    """Return a value as a CSV cell that a spreadsheet neither runs nor changes.

    Source: OWASP "CSV injection".
    """
    value = plain(value)
    if isinstance(value, Decimal):
        return str(value)  # amounts such as -1.50 are no formulas
    return _guarded(value) if isinstance(value, str) else value


def plain(value) -> str | int | float | Decimal:
    """Return a value as a text or a number that fits a cell: times in the shop's form, and what a
    spreadsheet would round as text.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(clock.SHOP_ZONE):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value if abs(value) < LONGEST_NUMBER else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _guarded(text):
    return text if _is_time(text) else cells.guarded(text)


def _is_time(text):
    """An ISO day or time stays what it is in a spreadsheet, and may be sorted there."""
    try:
        return f"{datetime.fromisoformat(text)}" in (text, f"{text} 00:00:00")
    except ValueError:
        return False
