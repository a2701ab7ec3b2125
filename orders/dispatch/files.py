"""Files of tracking numbers: looked over, let in, and carried out by the clock, each order in a
transaction of its own (orders/dispatch/labels.py).

The look asks what sending asks and sends nothing. A file brought twice changes nothing: an order
that was sent under the same number is known.
"""

import json
import zlib

from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.core import audit, file_jobs, pasted
from mall.core.errors import DomainError
from mall.core.tables.columns import Column, listed
from mall.core.tables.errors import UnreadableTable
from mall.core.tables.reader import open_table, remarks_of
from mall.core.transactions import transactional
from orders.dispatch import labels
from orders.models import DispatchFile

READ = (
    Column("no", (_("order number"), pgettext_lazy("headings", "order|order no")), True, True),
    Column("carrier", (_("carrier"), pgettext_lazy("headings", "courier|express"))),
    Column(
        "tracking_number",
        (_("tracking number"), pgettext_lazy("headings", "tracking no|waybill|waybill number")),
        True,
        True,
    ),
)
ROWS_MAX = 5_000
BYTES_MAX = 5_000_000
BATCH = 50
Status = DispatchFile.Status


class NothingToSend(DomainError):
    """No order of the file would be sent."""

    code = "nothing_in_file"
    status = 409
    message = _("No order of this file would be sent, so there is nothing to do.")


def bring(content: bytes, *, name: str, operator, carrier: str = "") -> DispatchFile:
    """Bring a file and have it looked over: a small one now, others within seconds; nothing is
    sent. ``carrier`` (a code) is that of rows that name none.

    Raises: UnreadableTable (it is no table of numbers; what else is wrong with it the look says).
    """
    return file_jobs.bring(KIND, content, name=name, operator=operator, carrier=carrier)


def look_over(row: DispatchFile, content: bytes) -> None:
    """Say what would come of a claimed file; nothing is sent.

    Raises: UnreadableTable, LeaseLost.
    """
    read, faults, remarks = _read(content, row.carrier)
    file_jobs.go_on(row, rows=len(read) + len(faults))
    labels.check(read)
    told = _told(read, faults, remarks, to_send="")
    file_jobs.looked_over(row, content=_packed(read, faults), **told)


@transactional
def let_in(row: DispatchFile, *, operator) -> DispatchFile:
    """Have the orders of a file sent; a sweep begins within seconds.

    Raises: FileDecided, NothingToSend.
    """
    row = file_jobs.held(row)
    if not row.new:
        raise NothingToSend
    audit.note(operator, "orders.dispatch_file", target=row, after={"orders": row.new})
    row.status, row.new = Status.QUEUED, 0
    row.save(update_fields=["status", "new"])
    return row


def carry_on() -> int:
    """Look over what was brought and send what was let in; return how many files. Harmless when run
    twice or by several at once.
    """
    return file_jobs.carry_on(KIND)


def _carry_out(row):
    kept = json.loads(zlib.decompress(row.content))
    read = [labels.Label(no, carrier, number, line) for line, no, carrier, number in kept["labels"]]
    before = row.new
    for start in range(0, len(read), BATCH):
        part = read[start : start + BATCH]
        labels.send(part, actor=f"staff:{row.made_by_id}")
        sent = sum(label.state == labels.SENT for label in part)
        file_jobs.go_on(row, new=F("new") + sent)
    told = _told(read, kept["faults"], file_jobs.remarks_of(row), to_send=labels.SENT)
    # what an earlier try sent is known to this one
    told["new"], told["known"] = told["new"] + before, max(0, told["known"] - before)
    file_jobs.end(row, Status.DONE, **told)


def _check(content):
    with _opened(content) as table:
        next(iter(table), None)


def _opened(content):
    return open_table(content, READ, bytes_max=BYTES_MAX)


def _read(content, carrier):
    """Return the labels of a file, [line, number, why] of rows that cannot be right, and remarks
    on the file.
    """
    read, faults, passed_over = [], [], []
    with _opened(content) as table:
        for row in table:
            if len(read) + len(faults) >= ROWS_MAX:
                raise UnreadableTable(
                    _("A file may have at most %(most)s rows. Please split it.")
                    % {"most": f"{ROWS_MAX:,}"}
                )
            no = pasted.number(row.cells["no"]).upper()
            number = pasted.number(row.cells["tracking_number"])
            if row.fault:
                faults.append([row.line, no, row.fault])
            elif no and number:
                called = pasted.line(row.cells["carrier"]) or carrier
                read.append(labels.Label(no, called, number, row.line))
            elif number:
                faults.append([row.line, no, str(_("This row names no order."))])
            elif no:
                passed_over.append(row.line)
        return read, faults, [*remarks_of(table), *_without_number(passed_over)]


def _without_number(lines):
    words = _("Rows without a tracking number are passed over: %(lines)s")
    return [str(words % {"lines": listed(lines)})] if lines else []


def _packed(read, faults):
    kept = [[label.line, label.no, label.carrier, label.number] for label in read]
    return zlib.compress(json.dumps({"labels": kept, "faults": faults}).encode())


def _told(read, faults, remarks, *, to_send):
    """Return the columns that say what a look or a run found."""
    refused = [[label.line, label.no, label.why] for label in read if label.state == labels.REFUSED]
    return {
        "rows": len(read) + len(faults),
        "new": sum(label.state == to_send for label in read),
        "known": sum(label.state == labels.KNOWN for label in read),
        "refused": len(refused) + len(faults),
        "findings": file_jobs.packed(sorted([*refused, *faults]), remarks),
    }


KIND = file_jobs.Kind(DispatchFile, _carry_out, look_over, _check)
