"""Files and other long work that the clock carries out: one sweep at a time has a file; one that
dies loses it, and the next goes on. What is told of a file's rows is packed as it comes.

A room says in a ``Kind`` what its files are. The request that brings one keeps it as it came; a
sweep looks it over, and carries it out once somebody let it in. A small file is looked over where
it is brought, by the same verb.

Source: docs/decisions/0123-files-are-looked-over-by-the-clock.md.
"""

import json
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.errors import DomainError
from mall.core.models.clock_job import PROBLEM_LENGTH, ClockJob
from mall.core.models.file_job import FileJob
from mall.core.tables.errors import UnreadableTable
from mall.core.transactions import transactional

LEASE = timedelta(minutes=5)
LOOK_LEASE = timedelta(minutes=2)  # somebody waits, and a look taken over writes nothing twice
TRIES = 3
KEEP = timedelta(days=7)  # a file that nobody let in
AT_ONCE_BYTES = 32 * 1024  # of a packed file: some hundred rows, a second of CPU at most
UNPACKED_WHOLE_BYTES = 1_000_000  # of a workbook or ZIP: its head alone costs half a second
Status = FileJob.Status
UNDER_WAY = (Status.LOOKING, Status.RUNNING)
logger = logging.getLogger(__name__)


class FileDecided(DomainError):
    """The file is not at the step that was asked for, or is gone."""

    code = "file_decided"
    status = 409
    message = _("This file is at another step by now.")


class FileRefused(DomainError):
    """What is wrong with a file as a whole, found by a look at all of it."""

    code = "file_refused"


class LeaseLost(Exception):
    """The file is another sweep's by now, or gone: what this one was about to write must not be."""


@dataclass(frozen=True)
class Kind:
    """Work of one kind, as its room declares it; of files all, of other work ``carry_out`` alone.

    ``check(content)`` refuses by the head of a file what is none of this kind.
    ``look_over(row, content)`` says what would come of one and ends with ``looked_over``;
    ``carry_out(row)`` does it and ends with ``end``. Both may be tried again from the beginning or
    from where ``go_on`` wrote down that they are. ``pack`` and ``unpack`` are how a file waits.
    """

    model: type[ClockJob]
    carry_out: Callable[[ClockJob], None]
    look_over: Callable[[FileJob, bytes], None] | None = None
    check: Callable[[bytes], None] | None = None
    pack: Callable[[bytes], bytes] = zlib.compress
    unpack: Callable[[bytes], bytes] = zlib.decompress


WHOLE = "whole"  # begins what is told of a file as a whole


class Findings:
    """What is told of a file's rows, packed as it comes."""

    def __init__(self):
        self._packer, self._pieces = zlib.compressobj(), []

    def add(self, *told) -> None:
        """Tell of a row: plain values."""
        line = json.dumps(told, ensure_ascii=False)
        self._pieces.append(self._packer.compress(f"{line}\n".encode()))

    def packed(self) -> bytes:
        """Return all that was told; nothing is told afterwards."""
        return b"".join([*self._pieces, self._packer.flush()])


def packed(told: Iterable, remarks: Iterable[str] = ()) -> bytes:
    """Return all that is told of a file's rows, packed in this order, and remarks on all of it."""
    findings = Findings()
    for one in (*((WHOLE, words) for words in remarks), *told):
        findings.add(*one)
    return findings.packed()


def remarks_of(row) -> list[str]:
    """Return what was told of a file as a whole."""
    return [told[1] for told in _told_of(row) if told[0] == WHOLE]


def findings_of(row) -> Iterator[list]:
    """Yield what was told of a file's rows, as it was added."""
    return (told for told in _told_of(row) if told[0] != WHOLE)


def _told_of(row):
    if row.findings:
        # not splitlines: a text may hold a line separator (U+2028), which JSON leaves as it is
        for told in zlib.decompress(row.findings).decode().split("\n")[:-1]:
            yield json.loads(told)


def bring(kind: Kind, content: bytes, *, name: str, operator, **said) -> FileJob:
    """Keep a file that was brought and have it looked over: a small one now, others within seconds.
    ``said`` are the columns of its model that an operator chose.

    Raises: UnreadableTable (it is no file of this kind; what else is wrong with it the look says).
    """
    return at_once(kind, keep(kind, content, name=name, operator=operator, **said))


def keep(kind: Kind, content: bytes, *, name: str, operator, **said) -> FileJob:
    """Keep a file as it came until it is looked over. Raises: UnreadableTable."""
    # the head of a text is read alone, a package is unpacked for it
    if not content.startswith(b"PK") or len(content) <= UNPACKED_WHOLE_BYTES:
        kind.check(content)
    return kind.model.objects.create(
        name=name[:120],
        content=kind.pack(content),
        made_by=operator,
        made_at=clock.now(),
        language=translation.get_language() or "",
        **said,
    )


def at_once(kind: Kind, row: FileJob) -> FileJob:
    """Look a kept file over in this very request where it is small; return it as it stands."""
    if len(row.content) <= AT_ONCE_BYTES and (mine := claimed(kind.model, only=row.pk)):
        _go(kind, mine)
    return kind.model.objects.filter(pk=row.pk).first() or row


def carry_on(kind: Kind, *, only: int | None = None) -> int:
    """Look over and carry out what waits (or ``only`` this one); return how many. Harmless when run
    twice or by several at once.
    """
    done = 0
    while (row := claimed(kind.model, only=only)) is not None:
        done += _go(kind, row)
    return done


def _go(kind, row) -> bool:
    """Look a claimed file over, or carry it out; say whether it stayed this sweep's to the end."""
    try:
        with translation.override(row.language or None):
            _look_or_carry_out(kind, row)
    except LeaseLost:
        logger.warning("%s %s was taken over, or is gone", kind.model.__name__, row.pk)
        return False
    return True


def _look_or_carry_out(kind, row):
    try:
        if row.status == Status.LOOKING:
            kind.look_over(row, kind.unpack(bytes(row.content)))
        else:
            kind.carry_out(row)
    except (UnreadableTable, FileRefused) as refusal:
        end(row, Status.FAILED, problem=str(refusal)[:PROBLEM_LENGTH])


def held(row):
    """Return a file that was looked over as it stands now, locked in the caller's transaction.

    Raises: FileDecided once it was let in, is looked over again, or is gone (after KEEP).
    """
    # Two colleagues may press at once; the second must see that it is done.
    now = type(row).objects.select_for_update().filter(pk=row.pk).first()
    if now is None or now.status != Status.CHECKED:
        raise FileDecided
    return now


def locked(model, *statuses) -> list:
    """Return the files in these states without what they hold, locked in the order of their keys.

    All who lock several do it here: locked as an index of states has them, one that goes on to
    another state meanwhile is passed over, and two would wait for each other.
    """
    keys = list(model.objects.filter(status__in=statuses).values_list("pk", flat=True))
    ours = model.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    rows = ours.only("status", "claimed_until", "attempts", "language")
    return [row for row in rows if row.status in statuses]


@transactional
def claimed(model, *, only: int | None = None):
    """Return what is to be looked over or was let in (or ``only`` this one) as the caller's own for
    its lease, LOOKING or RUNNING; None when there is none. Looks come first: somebody waits for
    them. Of one kind one at a time is carried out, as two may make the same things. Files nobody
    let in go after KEEP.
    """
    now = clock.now()
    model.objects.filter(status=Status.CHECKED, made_at__lt=now - KEEP).delete()
    # two sweeps may stand here: the second sees what the first took
    rows = locked(model, Status.QUEUED, *UNDER_WAY)
    is_one_running = any(row.status == Status.RUNNING and not _is_free(row, now) for row in rows)
    for row in sorted(rows, key=lambda row: row.status != Status.LOOKING):
        may_begin = row.status == Status.LOOKING or not is_one_running
        if only in (None, row.pk) and may_begin and _is_free(row, now) and _take(row, now):
            return model.objects.get(pk=row.pk)  # with what it holds
    return None


def _is_free(row, now) -> bool:
    return row.claimed_until is None or row.claimed_until <= now


def _take(row, now) -> bool:
    """Take a locked file, unless it broke off too often."""
    mine = type(row).objects.filter(pk=row.pk)
    if row.attempts >= TRIES:
        with translation.override(row.language or None):
            broke_off = gettext("It was tried three times and broke off.")
        mine.update(**_ended(type(row), Status.FAILED), problem=broke_off)
        return False
    taken = Status.LOOKING if row.status == Status.LOOKING else Status.RUNNING
    lease = {"claimed_until": now + _lease_of(row), "attempts": row.attempts + 1}
    mine.update(status=taken, **lease)
    return True


def go_on(row, **changes) -> None:
    """Write down how far a claimed file is, and keep it for another LEASE. Raises: LeaseLost."""
    _write(row, claimed_until=clock.now() + _lease_of(row), **changes)


def looked_over(row, **facts) -> None:
    """Note what a look at a claimed file found: it waits to be let in, with all its tries.

    Raises: LeaseLost.
    """
    _write(row, status=Status.CHECKED, claimed_until=None, attempts=0, **facts)


def end(row, status, **facts) -> None:
    """Note what became of a claimed file, and forget what was in it (EMPTIED of its model).

    Raises: LeaseLost.
    """
    _write(row, **_ended(type(row), status), **facts)


def _lease_of(row):
    return LOOK_LEASE if row.status == Status.LOOKING else LEASE


def _ended(model, status):
    return {"status": status, "finished_at": clock.now(), **model.EMPTIED}


def _write(row, **changes):
    """Write to a file as long as it is this sweep's: each try has a number of its own."""
    mine = type(row).objects.filter(pk=row.pk, status__in=UNDER_WAY, attempts=row.attempts)
    if not mine.update(**changes):
        raise LeaseLost
