"""Files of an earlier shop's orders that come in by the back office: looked over, read otherwise if
need be, let in, and imported by a sweep.

The look is the import that writes nothing (``dry_run``), so what fits the one fits the other. One
sweep at a time has a file; one that dies loses it, and the next goes on behind the last orders that
were written.
"""

import zlib
from dataclasses import asdict
from functools import partial

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from mall.core import audit, clock, file_jobs
from mall.core.errors import DomainError
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
REFUSED, REMARK = "refused", "remark"
Status = HistoryImport.Status


class ImportDecided(file_jobs.FileDecided):
    """The file was let in meanwhile."""

    code = "import_decided"


class NothingToImport(DomainError):
    """No order of the file would be written."""

    code = "nothing_to_import"
    status = 409
    message = _("There is no new order in this file, so there is nothing to import.")


def reading_of(row: HistoryImport) -> Reading:
    """Return how a file is read."""
    return Reading(**row.reading)


def look_over(content: bytes, *, name: str, operator, encoding: str = "") -> HistoryImport:
    """Keep a file and say what would come of it, read as its headings suggest; nothing is imported.

    Raises: UnreadableTable.
    """
    if len(content) > BYTES_MAX:
        raise UnreadableTable(
            _("A file may have at most %(most)s MB; larger ones are read by import_history.")
            % {"most": BYTES_MAX // 1_000_000}
        )
    row = HistoryImport(
        name=name[:120],
        content=zlib.compress(content),
        reading=asdict(guess(titles_of(content, encoding=encoding))),
        encoding=encoding,
        made_by=operator,
        made_at=clock.now(),
        language=translation.get_language() or "",
    )
    _survey(row, content)
    row.save()
    return row


def look_again(
    row: HistoryImport, *, reading: Reading, encoding: str, replaces: bool, read: str
) -> HistoryImport:
    """Look a kept file over again, read otherwise. ``read`` is the version the operator saw.

    Raises: ImportDecided, ChangedMeanwhile.
    """
    content = zlib.decompress(row.content)
    looked = HistoryImport(
        reading=asdict(reading), encoding=encoding, replaces=replaces, words=row.words
    )
    _survey(looked, content)  # some seconds for a large file: no row is held meanwhile
    return _keep(row, looked, read)


@transactional
def _keep(row, looked, read):
    row = _held(row, read)
    names = ("reading", "encoding", "replaces", *SURVEYED)
    for name in names:
        setattr(row, name, getattr(looked, name))
    row.language = translation.get_language() or ""
    row.save(update_fields=[*names, "language"])
    return row


COUNTS = ("rows", "people", "new", "replaced", "known", "refused", "dropped", "remarks")
SURVEYED = ("titles", "words", "sample", "problem", "findings", "orders", *COUNTS)


def _survey(row, content):
    """Fill in what a look at the content finds."""
    findings = file_jobs.Findings()
    try:
        row.titles = [title for title in titles_of(content, encoding=row.encoding) if title]
        file = HistoryFile(content, reading_of(row), encoding=row.encoding)
        done = history.import_orders(
            file,
            on_bad=partial(findings.add, REFUSED),
            on_remark=partial(findings.add, REMARK),
            replace=row.replaces,
            dry_run=True,
            sample=SAMPLE_ROWS,
        )
    except UnreadableTable as error:
        row.problem = str(error)[:1_000]
        return
    row.words = dict(file.words.most_common(WORDS_MAX))
    row.sample, row.findings, row.problem = done.sample, findings.packed(), ""
    for name in COUNTS:
        setattr(row, name, getattr(done, name))
    row.orders = done.new + done.replaced + done.known


@transactional
def let_in(row: HistoryImport, *, operator, read: str) -> HistoryImport:
    """Have a file imported that was looked over; a sweep begins within seconds. ``read`` is the
    version the operator saw.

    Raises: ImportDecided, ChangedMeanwhile, NothingToImport.
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
    row = file_jobs.held(row, otherwise=ImportDecided)
    check_read(read, row.version)
    return row


def carry_on() -> int:
    """Import the files that were let in; returns how many. Harmless when run twice or by several
    at once.
    """
    done = 0
    while (row := file_jobs.claimed(HistoryImport, known=0)) is not None:
        _bring_in(row)
        done += 1
    return done


def _bring_in(row):
    """Import one file; what earlier tries wrote counts as new, not as there before."""
    findings = file_jobs.Findings()
    before = {"new": row.new, "replaced": row.replaced}

    def count(counts):
        changes = {name: F(name) + counts[name] for name in ("new", "replaced", "known")}
        file_jobs.go_on(row, **changes)

    with translation.override(row.language or None):
        try:
            done = history.import_orders(
                zlib.decompress(row.content),
                reading=reading_of(row),
                encoding=row.encoding,
                replace=row.replaces,
                on_bad=partial(findings.add, REFUSED),
                on_remark=partial(findings.add, REMARK),
                on_batch=count,
            )
        except UnreadableTable as error:
            file_jobs.end(row, Status.FAILED, sample=[], problem=str(error)[:1_000])
            return
    file_jobs.end(
        row,
        Status.DONE,
        sample=[],
        findings=findings.packed(),
        new=before["new"] + done.new,
        replaced=before["replaced"] + done.replaced,
        known=max(0, done.known - before["new"] - before["replaced"]),
        **{name: getattr(done, name) for name in ("rows", "refused", "dropped", "remarks")},
    )
