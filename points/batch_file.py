"""A file of corrections: its columns are member, points and reason; a member is a user name or an
e-mail address.
"""

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mall.core import pasted
from mall.core.tables import values
from mall.core.tables.columns import Column
from mall.core.tables.digest import digest
from mall.core.tables.errors import BadCell, UnreadableTable
from mall.core.tables.reader import open_table, remarks_of
from points import machine

ROWS_MAX = 500  # one transaction
BYTES_MAX = 1_000_000
MEMBER_MAX, REASON_MAX = 150, 200
COLUMNS = (
    Column(
        "member",
        (_("Member"), _("Username"), _("E-mail"), pgettext_lazy("headings", "user|account")),
        required=True,
        is_code=True,
    ),
    Column(
        "points",
        (_("Points"), pgettext_lazy("headings", "change of points|plus or minus")),
        required=True,
    ),
    Column(
        "reason",
        (_("Reason"), _("What the member reads"), pgettext_lazy("headings", "remark|note")),
        required=True,
    ),
)


def read_rows(content: bytes) -> list[dict]:
    """Return the lines as {number, member, points, reason, account, fault, error}.

    Raises: UnreadableTable.
    """
    rows = [_row(row) for row in open_table(content, COLUMNS, bytes_max=BYTES_MAX)]
    if not rows:
        raise UnreadableTable(gettext("There is no correction in this file."))
    if len(rows) > ROWS_MAX:
        raise UnreadableTable(
            gettext("This file has %(rows)s lines; at most %(most)s at once. Please split it.")
            % {"rows": len(rows), "most": ROWS_MAX}
        )
    return rows


def remarks_on(content: bytes) -> tuple[str, ...]:
    """Return what of a file is not read, in sentences. Raises: UnreadableTable."""
    return remarks_of(open_table(content, COLUMNS))


def name_of(rows) -> str:
    """Return the name of a file by its rows, however it was saved."""
    return digest((pasted.email(row["member"]), row["points"], row["reason"]) for row in rows)


def _row(row):
    cells, points, fault = row.cells, 0, row.fault
    try:
        points = values.whole(cells["points"])
    except BadCell:
        points = 0
    if not fault and not 0 < abs(points) <= machine.POINTS_MAX:
        fault = gettext("Please use a whole number of points.")
    elif not fault and not cells["reason"]:
        fault = gettext("Please say why, as the member will read it.")
    elif not fault and len(cells["reason"]) > REASON_MAX:
        fault = gettext("The reason has more than %(most)s characters.") % {"most": REASON_MAX}
    return {
        "number": row.line,
        "member": cells["member"][:MEMBER_MAX],
        "points": 0 if fault else points,
        "reason": cells["reason"][:REASON_MAX],
        "account": None,
        "fault": fault,  # what no change in the shop can mend
        "error": fault,
    }
