"""Workbooks (.xlsx) as records of text, the way the same table would stand in a CSV."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from mall.core.tables import cells, packages
from mall.core.tables.errors import UnreadableTable

EXACT_BELOW = (
    10**15
)  # a spreadsheet keeps fifteen digits of a number and writes noughts for the rest


class Unusable(str):
    """A cell without a usable value: as a text it is the sentence that says why."""


class Date(str):
    """A cell that a spreadsheet holds as a date or a time, as ISO text."""


def records(file) -> Iterator[tuple[int, list[str]]]:
    """Yield (row of the sheet, cells) of the first sheet with something in it.

    Raises: UnreadableTable.
    """
    from python_calamine import CalamineError, load_workbook  # noqa: PLC0415 - few requests read one

    sheet = packages.survey(file)
    if sheet is None:
        return
    file.seek(0)
    try:
        with load_workbook(file) as book:
            found = book.get_sheet_by_name(sheet.name)
            _row, left = found.start or (0, 0)
            for number, values in enumerate(found.iter_rows(), 1):
                texts = [text_of(value) for value in values]
                for column in sheet.broken.get(number, ()):
                    if 0 <= column - left < len(texts):
                        texts[column - left] = Unusable(_broken())
                yield number, texts
    except CalamineError as error:
        raise UnreadableTable(
            _("This workbook is damaged or protected. Please save it again as .xlsx.")
        ) from error


def text_of(value) -> str:
    """Return a cell's value as text: whole numbers without a point, days and times as ISO."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        whole = value + timedelta(milliseconds=500)  # a spreadsheet keeps fractions of a day
        return Date(whole.isoformat(sep=" ", timespec="seconds"))
    if isinstance(value, date | time):
        return Date(value.isoformat())
    return str(value)


def _number(value):
    if abs(value) >= EXACT_BELOW:
        return Unusable(cells.rounded(f"{value:.5E}"))
    if value == int(value):
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f")


def _broken():
    return _("a cell holds an error (such as #N/A) or a formula without a result")
