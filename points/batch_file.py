"""A file of corrections: UTF-8 with a first line ``member,points,reason``; a member is a user name
or an e-mail address.
"""

import contextlib
import csv
import io

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError
from points import machine

ROWS_MAX = 500  # one transaction
BYTES_MAX = 200_000
COLUMNS = ("member", "points", "reason")


class UnreadableFile(DomainError):
    """The file is no table of the three columns."""

    code = "unreadable_file"
    status = 400
    message = _(
        "Please upload a CSV file in UTF-8 with the columns member, points, reason and up to "
        "%(rows)s lines."
    )


def read_rows(content: bytes) -> list[dict]:
    """Return the lines as {number, member, points, reason, error}. Raises: UnreadableFile."""
    try:
        if len(content) > BYTES_MAX:
            raise ValueError
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        if not set(COLUMNS) <= {name.strip().lower() for name in reader.fieldnames or ()}:
            raise ValueError
        lines = [
            {
                str(name).strip().lower(): (value or "").strip()
                for name, value in line.items()
                if name
            }
            for line in reader
        ]
    except (UnicodeDecodeError, csv.Error, ValueError, AttributeError):
        raise UnreadableFile(rows=ROWS_MAX) from None
    if not 0 < len(lines) <= ROWS_MAX:
        raise UnreadableFile(rows=ROWS_MAX)
    return [_row(number, line) for number, line in enumerate(lines, 2)]


def _row(number, line):
    row = {
        "number": number,
        "member": line["member"][:150],
        "points": 0,
        "reason": line["reason"][:200],
        "account": None,
        "error": "",
    }
    with contextlib.suppress(ValueError):
        row["points"] = int(line["points"])
    if not 0 < abs(row["points"]) <= machine.POINTS_MAX:
        row["points"], row["error"] = 0, gettext("Please use a whole number of points.")
    elif not row["reason"]:
        row["error"] = gettext("Please say why, as the member will read it.")
    return row
