"""Files to take along, whole or not at all; tables as CSV that a spreadsheet opens as text, not as
formulas.
"""

import csv
from tempfile import SpooledTemporaryFile

from django.http import FileResponse

BYTE_ORDER_MARK = "\ufeff"  # or spreadsheets take Chinese for Latin
IN_MEMORY_BYTES = 1 << 20  # the rest of a large file waits on the disk
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that hands back what is written to it: csv writes one line at a time."""

    def write(self, line):
        return line


def cell(value):
    """Return a value as a cell: numbers stay numbers, a text that a spreadsheet would run is
    quoted.

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


def csv_response(name: str, header, rows) -> FileResponse:
    """Return the rows as a download ``<name>.csv``: UTF-8 with a byte-order mark, cells guarded.

    ``rows`` may be any iterable, also one that reads the database as it goes. Raises: what reading
    them raises.
    """
    lines = csv.writer(_Echo())

    def written():
        yield BYTE_ORDER_MARK
        yield lines.writerow([cell(str(title)) for title in header])
        for row in rows:
            yield lines.writerow([cell(value) for value in row])

    return download(f"{name}.csv", written(), "text/csv; charset=utf-8")


def download(name: str, pieces, kind: str) -> FileResponse:
    """Return pieces of text as a file that is whole: its answer begins when the last piece is
    there.

    A fault meanwhile is answered as any other. Told piece by piece it would leave a file that is
    cut and looks whole: granian (2.8.7) ends an answer that broke as if it were complete.
    """
    file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it
    try:
        file.writelines(piece.encode() for piece in pieces)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=name,
        content_type=kind,
        headers={"Cache-Control": "no-store"},
    )
