"""What is wrong with a row as it was read, told in words: nothing of such a row is taken."""

import re
from itertools import chain

from django.utils.translation import gettext as _

from mall.core.tables import cells, sheets, values

TORN_NUMBER = re.compile(r"^[+-]?[0-9]{1,3}\n[0-9]{3}$", re.MULTILINE)  # 1,000 without quotes


def stray(fields, titles, width):
    """Return what is wrong with cells no heading stands over, or nothing. ``width``: how many cells
    the row of the headings has, blank ones too.
    """
    if len(fields) <= len(titles) and all(titles):
        return ""
    over = [
        field
        for field, title in zip(fields, chain(titles, [""] * len(fields)), strict=False)
        if not title and cells.bare(field)
    ]
    if len(fields) > width and (parts := TORN_NUMBER.search("\n".join(fields))):
        over = over or parts[0].split("\n")
    if not over:
        return ""
    return _(
        "there are more cells than headings (%(cells)s); perhaps a comma stands in a number or a "
        "text that is not in quotation marks"
    ) % {"cells": ", ".join(cells.bare(field)[:20] for field in over[:3])}


def swallowed(fields, delimiter):
    """Return what is wrong with a cell that goes on over whole rows, or nothing. Line breaks are
    nothing wrong; a line with as many delimiters as its row, none before a blank as in prose, is.
    """
    most = len(fields) - 1
    for field in fields:
        lines = field.splitlines()[1:] if delimiter and most else ()
        if any(line.count(delimiter) >= most and f"{delimiter} " not in line for line in lines):
            return _(
                "a cell holds several rows; perhaps a quotation mark stands at its beginning that "
                "is not closed"
            )
    return ""


def of_cell(raw, text, is_code):
    """Return what is wrong with a cell, as it stands and bare, or nothing. ``is_code``: of its
    column no date was meant, and numbers are names.
    """
    if isinstance(raw, sheets.Unusable):
        return str(raw)
    if is_code and isinstance(raw, sheets.Date):
        return _(
            "%(text)s: a spreadsheet made a date of this; format the column as text and enter it "
            "again"
        ) % {"text": text}
    if isinstance(raw, sheets.Spread) and not is_code and values.is_number(text):
        return _(
            "%(text)s stands in a cell that is merged over several rows; please say it in each row"
        ) % {"text": text}
    return cells.fault_of(raw, text)
