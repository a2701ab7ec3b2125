"""Files of an earlier shop's orders that come in by the back office: looked over, read otherwise if
need be, let in, and imported, by the clock.

The look is the import that writes nothing (``dry_run``), so what fits the one fits the other. One
sweep at a time has a file; one that dies loses it, and the next goes on behind the last orders that
were written.
"""

import zlib
from collections import Counter
from dataclasses import asdict
from functools import partial

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from mall.core import audit, file_jobs
from mall.core.errors import DomainError
from mall.core.models.clock_job import PROBLEM_LENGTH
from mall.core.tables.errors import UnreadableTable
from mall.core.tables.reader import titles_of
from mall.core.transactions import transactional
from mall.core.versions import check_read
from marketing.analytics import history
from marketing.analytics.history_file import HistoryFile
from marketing.analytics.history_reading import Reading, guess
from marketing.models import HistoryImport

BYTES_MAX = 10_000_000  # below the packet that MariaDB and MySQL take; more goes by the command
SAMPLE_ROWS = 20
WORDS_MAX = 40
LINES_AT_ONCE = 10_000
COUNTED = ("new", "replaced", "known")  # as orders are compared or written
REFUSED, REMARK = "refused", "remark"
Status = HistoryImport.Status


class NothingToImport(DomainError):
    """No order of the file would be written."""

    code = "nothing_to_import"
    status = 409
    message = _("There is no new order in this file, so there is nothing to import.")


def reading_of(row: HistoryImport) -> Reading:
    """Return how a file is read."""
    return Reading(**row.reading)


def bring(content: bytes, *, name: str, operator) -> HistoryImport:
    """Bring a file and have it looked over, read as its headings suggest: a small one now, others
    within seconds; nothing is imported.

    Raises: UnreadableTable (it is no table; what else is wrong with it the look says).
    """
    if len(content) > BYTES_MAX:
        raise UnreadableTable(
            _("A file may have at most %(most)s MB; larger ones are read by import_history.")
            % {"most": BYTES_MAX // 1_000_000}
        )
    return file_jobs.bring(KIND, content, name=name, operator=operator)


def look_again(
    row: HistoryImport, *, reading: Reading, encoding: str, replaces: bool, read: str
) -> HistoryImport:
    """Have a kept file looked over again, read otherwise. ``read`` is the version the operator saw.

    Raises: FileDecided, ChangedMeanwhile.
    """
    said = {"reading": asdict(reading), "encoding": encoding, "replaces": replaces}
    return file_jobs.at_once(KIND, _read_otherwise(row, said, read))


@transactional
def _read_otherwise(row, said, read):
    row = _held(row, read)
    said |= {**NOTHING, "status": Status.LOOKING, "language": translation.get_language() or ""}
    for name, value in said.items():
        setattr(row, name, value)
    row.save(update_fields=said)
    return row


COUNTS = ("rows", "people", "new", "replaced", "known", "refused", "dropped", "remarks")
NOTHING = {**dict.fromkeys(("orders", *COUNTS), 0), "sample": [], "findings": b"", "problem": ""}


def look_over(row: HistoryImport, content: bytes) -> None:
    """Say what would come of a claimed file; nothing is imported. Raises: UnreadableTable,
    LeaseLost.
    """
    titles = titles_of(content, encoding=row.encoding)
    if not row.reading:
        row.reading = asdict(guess(titles))
    found = {"reading": row.reading, "titles": [title for title in titles if title]}
    try:
        found |= _survey(row, content)
    except UnreadableTable as error:  # a column is missing, say: perhaps it is read otherwise
        found |= {**NOTHING, "problem": str(error)[:PROBLEM_LENGTH]}
    file_jobs.looked_over(row, **found)


def _survey(row, content) -> dict:
    """Return the columns that say what a look at the content finds. Raises: UnreadableTable."""
    findings, seen = file_jobs.Findings(), Counter()

    def count(counts):
        seen.update({name: counts[name] for name in COUNTED})
        file_jobs.go_on(row, **seen)

    progress = partial(_told_of, row)
    file = HistoryFile(content, reading_of(row), encoding=row.encoding, progress=progress)
    done = history.import_orders(
        file,
        on_bad=partial(findings.add, REFUSED),
        on_remark=partial(findings.add, REMARK),
        on_batch=count,
        replace=row.replaces,
        dry_run=True,
        sample=SAMPLE_ROWS,
    )
    return {
        "words": dict(file.words.most_common(WORDS_MAX)),
        "sample": done.sample,
        "findings": findings.packed(),
        "orders": done.new + done.replaced + done.known,
        **{name: getattr(done, name) for name in COUNTS},
    }


def _told_of(row, lines):
    """Yield the lines of a file on, and write down how many there were."""
    for number, line in enumerate(lines, 1):
        if number % LINES_AT_ONCE == 0:
            file_jobs.go_on(row, rows=number)
        yield line


@transactional
def let_in(row: HistoryImport, *, operator, read: str) -> HistoryImport:
    """Have a file imported that was looked over; a sweep begins within seconds. ``read`` is the
    version the operator saw.

    Raises: FileDecided, ChangedMeanwhile, NothingToImport.
    """
    row = _held(row, read)
    if row.problem or not row.new + row.replaced:
        raise NothingToImport
    told = {"orders": row.new + row.replaced, "left_out": row.dropped}
    row.status, row.new, row.replaced, row.known = Status.QUEUED, 0, 0, 0
    row.save(update_fields=["status", "new", "replaced", "known"])
    audit.note(operator, "history.import", target=row, after=told)
    return row


def _held(row, read):
    row = file_jobs.held(row)
    check_read(read, row.version)
    return row


def carry_on() -> int:
    """Look over what was brought and import what was let in; returns how many files. Harmless when
    run twice or by several at once.
    """
    return file_jobs.carry_on(KIND)


def _bring_in(row):
    """Import one file; what earlier tries wrote counts as new, not as there before."""
    file_jobs.go_on(row, known=0)
    findings = file_jobs.Findings()
    before = {"new": row.new, "replaced": row.replaced}

    def count(counts):
        file_jobs.go_on(row, **{name: F(name) + counts[name] for name in COUNTED})

    done = history.import_orders(
        zlib.decompress(row.content),
        reading=reading_of(row),
        encoding=row.encoding,
        replace=row.replaces,
        on_bad=partial(findings.add, REFUSED),
        on_remark=partial(findings.add, REMARK),
        on_batch=count,
    )
    file_jobs.end(
        row,
        Status.DONE,
        findings=findings.packed(),
        new=before["new"] + done.new,
        replaced=before["replaced"] + done.replaced,
        known=max(0, done.known - before["new"] - before["replaced"]),
        **{name: getattr(done, name) for name in ("rows", "refused", "dropped", "remarks")},
    )


KIND = file_jobs.Kind(HistoryImport, _bring_in, look_over, titles_of)
