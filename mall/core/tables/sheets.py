"""Workbooks (.xlsx) as records of text, the way the same table would stand in a CSV."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice

from django.utils.translation import gettext as _

from mall.core.tables import cells, packages
from mall.core.tables.columns import TITLES_MAX, Column, folded, heading_place, listed
from mall.core.tables.errors import UnreadableTable

# A spreadsheet keeps fifteen digits of a number and writes noughts for the rest.
EXACT_BELOW = 10**15


class Unusable(str):
    """A cell without a usable value: as a text it is the sentence that says why."""


class Date(str):
    """A cell that a spreadsheet holds as a date or a time, as ISO text."""


class Spread(str):
    """What one cell holds that was merged of several rows', in each of these rows."""


def records(
    file, columns: Sequence[Column] | None = None, notes: list[str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row of the sheet, cells) of the sheet that names the columns (``None``: of the only
    one with something in it). With the first row ``notes`` are told what the sheet hides.

    Raises: UnreadableTable (also where such rows stand on several sheets: none is passed over).
    """
    # few requests read one
    from python_calamine import CalamineError, load_workbook  # noqa: PLC0415

    filled = packages.survey(file)
    if not filled:
        return
    file.seek(0)
    try:
        with load_workbook(file) as book:
            sheet = filled[0] if len(filled) == 1 else _chosen(book, filled, columns)
            if notes is not None and sheet.hidden:
                notes.append(_hidden(sheet.hidden))
            yield from _rows(book.get_sheet_by_name(sheet.name), sheet)
    except CalamineError as error:
        raise UnreadableTable(
            _("This workbook is damaged or protected. Please save it again as .xlsx.")
        ) from error


def _rows(found, sheet):
    _row, left = found.start or (0, 0)
    merged, spread = _merged(found, left), {}  # spread: {place: (last row, what is in it)}
    for number, values in enumerate(found.iter_rows(), 1):
        texts = [text_of(value) for value in values]
        for column in sheet.broken.get(number, ()):
            if 0 <= column - left < len(texts):
                texts[column - left] = Unusable(cells.lost())
        for column, width in sheet.padded.get(number, {}).items():
            if 0 <= column - left < len(texts) and texts[column - left].isdecimal():
                texts[column - left] = texts[column - left].zfill(width)
        if spread:
            _fill(texts, spread, number)
        for place, last in merged.get(number, ()):
            texts[place] = Spread(texts[place]) if type(texts[place]) is str else texts[place]
            spread[place] = last, texts[place]
        yield number, texts


def _merged(found, left) -> dict[int, list[tuple[int, int]]]:
    """Return (place in its row, last row) of the cells merged with some below, by their first row:
    what people see in all of them stands in the first one alone.
    """
    merged = {}
    for (top, column), (bottom, _right) in found.merged_cell_ranges or ():
        if bottom > top and 0 <= column - left < found.width:
            merged.setdefault(top + 1, []).append((column - left, bottom + 1))
    return merged


def _fill(texts, spread, number):
    """Put what merged cells hold into a row that holds something of its own."""
    is_filled = any(texts)
    for place, (last, text) in list(spread.items()):
        if number > last:
            del spread[place]
        elif is_filled and not texts[place]:
            texts[place] = text


def _hidden(rows) -> str:
    return _("Rows that the sheet hides (by a filter, say) are read as the others: %(rows)s") % {
        "rows": listed(rows)
    }


def _chosen(book, filled, columns):
    """Return the one sheet whose headings name what must be there, or, where nothing must, that
    has the headings of the first. Raises: UnreadableTable (several).
    """
    fitting = filled
    if columns is not None:
        titles = {sheet.name: _titles(book, sheet, columns) for sheet in filled}
        known = [column.known() for column in columns if column.required]
        known = known or [{title} for title in titles[filled[0].name]]
        fitting = [sheet for sheet in filled if all(titles[sheet.name] & names for names in known)]
    if len(fitting) > 1:
        raise UnreadableTable(
            _(
                "Rows stand on several sheets of this workbook: %(sheets)s. Please leave one of "
                "them and upload the others by themselves."
            )
            % {"sheets": listed(sheet.name for sheet in fitting)}
        )
    return fitting[0] if fitting else filled[0]


def _titles(book, sheet, columns):
    rows = (texts for _number, texts in _rows(book.get_sheet_by_name(sheet.name), sheet))
    first = list(islice((texts for texts in rows if any(map(folded, texts))), TITLES_MAX))
    return {*map(folded, first[heading_place(first, columns)])} - {""} if first else set()


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
