"""Files and other long work that the clock carries out: one sweep at a time has a file; one that
dies loses it, and the next goes on. What is told of a file's rows is packed as it comes.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mall.core import clock
from mall.core.errors import DomainError
from mall.core.models.clock_job import LOOKING, ClockJob

LEASE = timedelta(minutes=10)
TRIES = 3
KEEP = timedelta(days=7)  # a file that nobody let in
Status = ClockJob.Status


class FileDecided(DomainError):
    """The file was let in meanwhile, or is gone."""

    code = "file_decided"
    status = 409
    message = _("This file was already let in.")


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


def packed(told: Iterable) -> bytes:
    """Return all that is told of a file's rows, packed in this order."""
    findings = Findings()
    for one in told:
        findings.add(*one)
    return findings.packed()


def findings_of(row) -> Iterator[list]:
    """Yield what was told of a file's rows, as it was added."""
    if row.findings:
        # not splitlines: a text may hold a line separator (U+2028), which JSON leaves as it is
        for told in zlib.decompress(row.findings).decode().split("\n")[:-1]:
            yield json.loads(told)


def held(row, *, otherwise: type[DomainError] = FileDecided):
    """Return a file that was looked over as it stands now, locked in the caller's transaction.

    Raises: ``otherwise`` once it was let in, or is gone (after KEEP).
    """
    # Two colleagues may press at once; the second must see that it is done.
    now = type(row).objects.select_for_update().filter(pk=row.pk).first()
    if now is None or now.status != Status.CHECKED:
        raise otherwise
    return now


def claimed(model, *, only: int | None = None, at: str = Status.QUEUED, **fresh):
    """Return a file of ``model`` that was let in (or ``only`` this one) as the caller's own for
    LEASE; None when there is none. ``at`` LOOKING: one that is to be looked over. ``fresh`` are
    columns that each try begins with. Files nobody let in go after KEEP.
    """
    now, taken = clock.now(), LOOKING if at == LOOKING else Status.RUNNING
    model.objects.filter(status=Status.CHECKED, made_at__lt=now - KEEP).delete()
    lapsed = Q(status=taken, claimed_until__lte=now)
    waiting = model.objects.filter(Q(status=at, claimed_until=None) | lapsed)
    for row in (waiting.filter(pk=only) if only else waiting).order_by("pk"):
        if row.attempts >= TRIES:
            with translation.override(row.language or None):
                end(row, Status.FAILED, problem=gettext("It was tried three times and broke off."))
            continue
        # Two sweeps may stand here; the old state stands in the filter.
        mine = model.objects.filter(pk=row.pk, status=row.status, claimed_until=row.claimed_until)
        lease = {"claimed_until": now + LEASE, "attempts": F("attempts") + 1}
        if mine.update(status=taken, **lease, **fresh):
            return row
    return None


def go_on(row, **changes) -> None:
    """Write down how far a claimed file is, and keep it for another LEASE."""
    mine = type(row).objects.filter(pk=row.pk, status__in=(LOOKING, Status.RUNNING))
    mine.update(claimed_until=clock.now() + LEASE, **changes)


def looked_over(row, **facts) -> None:
    """Note what a look at a claimed file found: it waits to be let in, with all its tries."""
    mine = type(row).objects.filter(pk=row.pk, status=LOOKING)
    mine.update(status=Status.CHECKED, claimed_until=None, attempts=0, **facts)


def end(row, status, **facts) -> None:
    """Note what became of a file, and forget what was in it (EMPTIED of its model)."""
    type(row).objects.filter(pk=row.pk).update(
        status=status, finished_at=clock.now(), **type(row).EMPTIED, **facts
    )
