"""Files to take along, whole or not at all; tables as CSV or .xlsx (mall.core.tables.writer)."""

from tempfile import SpooledTemporaryFile

from django.http import FileResponse

from mall.core.tables import writer

IN_MEMORY_BYTES = 1 << 20  # the rest of a large file waits on the disk
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_response(request, name: str, header, rows) -> FileResponse:
    """Return the rows as a download: a workbook where ``?format=xlsx`` asks for one, else CSV.

    ``rows`` may be any iterable, also one that reads the database as it goes. Raises: what reading
    them raises.
    """
    wants_workbook = request.GET.get("format") == "xlsx"
    return (xlsx_response if wants_workbook else csv_response)(name, header, rows)


def csv_response(name: str, header, rows) -> FileResponse:
    """Return the rows as a download ``<name>.csv``: UTF-8 with a byte-order mark, cells guarded."""
    return download(f"{name}.csv", writer.as_csv(header, rows), CSV)


def xlsx_response(name: str, header, rows) -> FileResponse:
    """Return the rows as a download ``<name>.xlsx``."""
    return _whole(f"{name}.xlsx", lambda file: writer.write_workbook(file, header, rows), XLSX)


def download(name: str, pieces, kind: str) -> FileResponse:
    """Return pieces of text as a file that is whole: its answer begins when the last piece is
    there.

    A fault meanwhile is answered as any other. Told piece by piece it would leave a file that is
    cut and looks whole: granian (2.8.7) ends an answer that broke as if it were complete.
    """
    return _whole(name, lambda file: file.writelines(piece.encode() for piece in pieces), kind)


def zip_response(name: str, write) -> FileResponse:
    """Return what ``write(file)`` writes as a download ``<name>.zip``."""
    return _whole(f"{name}.zip", write, "application/zip")


def _whole(name, write, kind):
    file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it
    try:
        write(file)
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
