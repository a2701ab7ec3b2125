"""Tables as CSV files that a spreadsheet opens as text, not as formulas."""

import csv

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

BYTE_ORDER_MARK = "\ufeff"  # or spreadsheets take Chinese for Latin
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written to it: csv writes one line at a time."""

    def write(self, line):
        return line


def cell(value):
    """Return a value as a cell: numbers stay numbers, a text that a spreadsheet would run is quoted.

    Source: OWASP "CSV injection".
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        text = str(value)
        # Amounts such as Decimal("-1.50") are no formulas.
        if text.startswith(FORMULA_STARTS) and isinstance(value, str):
            return f"'{text}"
        return text
    return value


def csv_response(name: str, header, rows) -> StreamingHttpResponse:
    """Return the rows as a download ``<name>.csv``, streamed line by line: UTF-8 with a byte-order mark, cells guarded.

    ``rows`` may be any iterable, also one that reads the database as it goes.
    """
    lines = csv.writer(_Echo())

    def written():
        yield BYTE_ORDER_MARK
        yield lines.writerow([cell(str(title)) for title in header])
        for row in rows:
            yield lines.writerow([cell(value) for value in row])

    headers = {"Content-Disposition": content_disposition_header(True, f"{name}.csv"), "Cache-Control": "no-store"}
    return StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8", headers=headers)
