"""Files of goods that come in by the back office or the command: looked over, let in, carried out
some products at a time, and taken back (``undo``), by the clock.

The rows are read once, in the look; what was looked at is what is carried out, and what somebody
changed since is refused by name. Each batch is one transaction together with how far the file is,
so a sweep that dies loses nothing and does nothing twice.
"""

import io
import json
import zlib
from datetime import timedelta
from functools import partial

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from catalog.goods_file import changes, findings, incoming, plan, reading, survey, writing
from catalog.goods_file.categories import Categories
from catalog.goods_file.package import Package
from catalog.goods_file.standing import Standing
from catalog.goods_file.survey import COLUMN_OF
from catalog.models import GoodsChange, GoodsImport, GoodsPicture
from mall.core import audit, clock, file_jobs
from mall.core.errors import DomainError
from mall.core.tables.errors import UnreadableTable
from mall.core.transactions import transactional
from mall.core.versions import check_read

BYTES_MAX = 10_000_000  # of a file brought by a page: below what nginx and the database take
UNDO_DAYS = 30
Status = GoodsImport.Status


class NothingToImport(DomainError):
    """The file would change nothing."""

    code = "nothing_in_file"
    status = 409
    message = _("This file would change nothing, so there is nothing to do.")


class NotUndoable(DomainError):
    """The file is not done, taken back already, or too old; numbers: days."""

    code = "not_undoable"
    status = 409
    message = _("Only a file that was carried out within %(days)s days can be taken back, once.")


def bring(content: bytes, *, name: str, operator, **chosen) -> GoodsImport:
    """Bring a file and have it looked over: a small one now, others within seconds. ``chosen`` are
    ``clears`` and ``makes_categories``; no product is written.

    Raises: UnreadableTable (it is no file of goods; what else is wrong with it the look says).
    """
    if len(content) > BYTES_MAX:
        raise UnreadableTable(
            _("A file may have at most %(most)s MB; larger ones are read by import_goods.")
            % {"most": BYTES_MAX // 1_000_000}
        )
    return file_jobs.bring(KIND, content, name=name, operator=operator, **chosen)


def look_over(row: GoodsImport, content: bytes) -> None:
    """Say what would come of a claimed file; no product is written. Raises: UnreadableTable,
    LeaseLost.
    """
    progress = partial(file_jobs.go_on, row)
    found, pictures = survey.look(row, io.BytesIO(content), progress=progress)
    _keep(row, found, pictures)


def look_through(source, *, name: str, operator, saves: bool = True, **chosen) -> GoodsImport:
    """Look a file over here and now, also one too large to wait as it came, and keep what it says
    unless not ``saves``; no product is written.

    Raises: UnreadableTable.
    """
    row = GoodsImport(
        name=name[:120], made_by=operator, made_at=clock.now(), status=Status.CHECKED,
        language=translation.get_language() or "", **chosen,
    )  # fmt: skip
    found, pictures = survey.look(row, source)
    for column, value in found.items():
        setattr(row, column, value)
    if saves:
        _insert(row, pictures)
    return row


@transactional
def let_in(row: GoodsImport, *, operator, read: str) -> GoodsImport:
    """Have a file carried out that was looked over; a sweep begins within seconds. ``read`` is the
    version the operator saw.

    Raises: FileDecided, ChangedMeanwhile, NothingToImport.
    """
    row = file_jobs.held(row)
    check_read(read, row.version)
    if not row.new + row.changed:
        raise NothingToImport
    audit.note(operator, "catalog.import_goods", target=row, after=_counts_of(row))
    return _begin(row)


@transactional
def undo(row: GoodsImport, *, operator) -> GoodsImport:
    """Have taken back what a file changed; a sweep begins within seconds.

    Raises: NotUndoable.
    """
    row = GoodsImport.objects.select_for_update().get(pk=row.pk)
    if not may_undo(row):
        raise NotUndoable(days=UNDO_DAYS)
    audit.note(operator, "catalog.undo_goods", target=row, after=_counts_of(row))
    row.undoes, row.attempts, row.claimed_until = True, 0, None
    row.goods = row.changes.count()
    row.save(update_fields=["undoes", "attempts", "claimed_until", "goods"])
    return _begin(row)


def may_undo(row: GoodsImport) -> bool:
    """Whether a file can still be taken back."""
    is_over = row.status in (Status.DONE, Status.FAILED) and not row.undoes
    is_fresh = row.finished_at and row.finished_at > clock.now() - timedelta(days=UNDO_DAYS)
    return bool(is_over and is_fresh and row.changes.exists())


def carry_on() -> int:
    """Look over, carry out and take back what waits; returns how many files. Harmless when run
    twice or by several at once.
    """
    return file_jobs.carry_on(KIND)


def run(row: GoodsImport, *, progress=lambda done: None) -> None:
    """Carry out a claimed file, or take it back, from where it stands to its end. ``progress`` is
    given how many products are done. Raises: LeaseLost.
    """
    work = changes.Undo(row) if row.undoes else Work(row)
    told = list(file_jobs.findings_of(row)) if row.done_to else []
    for start in range(row.done_to, work.size, writing.BATCH):
        told += work.carry_out(start, told)
        progress(min(start + writing.BATCH, work.size))
    row.held.all().delete()
    file_jobs.end(row, Status.DONE, undone_at=clock.now() if row.undoes else None)


class Work:
    """The goods of a file that is carried out."""

    def __init__(self, row):
        self._row = row
        self._goods = json.loads(zlib.decompress(row.content))
        self.size = len(self._goods)

    def carry_out(self, start: int, told: list) -> list:
        """Write one batch and return what is told of it; ``told`` is what was told before."""
        goods = [reading.Goods.of(one) for one in self._goods[start : start + writing.BATCH]]
        incoming.store(self._row, goods)
        return self._written(goods, start, told)

    @transactional
    def _written(self, goods, start, told):
        row, categories = self._row, Categories()
        standing = Standing(goods, holds=True)
        standing.hold_short(goods)
        plans = [
            plan.of(one, standing, categories, makes_categories=row.makes_categories)
            for one in goods
        ]
        for one, made in zip(goods, plans, strict=True):
            plan.refuse_stale(made, one.seen)
        good = [made for made in plans if made.state in (plan.NEW, plan.CHANGED)]
        found = [findings.of(made) for made in plans if made.state != plan.KNOWN]
        counts = {column: F(column) + _many(plans, state) for state, column in COLUMN_OF.items()}
        if good:
            deed = writing.Deed(row.made_by, f"goods:{row.pk}:{start}", row.name)
            writing.write(good, categories, deed)
            GoodsChange.objects.bulk_create([changes.of(row, made) for made in good])
        told_all = findings.packed(told + found)
        file_jobs.go_on(row, done_to=start + len(goods), findings=told_all, **counts)
        return found


@transactional
def _keep(row, found, pictures):
    _forget_old()
    file_jobs.looked_over(row, **found)
    pictures.keep(row)


@transactional
def _insert(row, pictures):
    _forget_old()
    row.pk = None  # tried again, it is saved anew
    row.save(force_insert=True)
    pictures.keep(row)


def _forget_old():
    old = clock.now() - timedelta(days=UNDO_DAYS)
    GoodsChange.objects.filter(job__finished_at__lt=old).delete()
    GoodsPicture.objects.filter(job__status=Status.FAILED).delete()


def _begin(row):
    row.status, row.done_to, row.findings = Status.QUEUED, 0, b""
    row.new = row.changed = row.known = row.refused = 0
    row.save(update_fields=["status", "done_to", "findings", *COLUMN_OF.values()])
    return row


def _counts_of(row):
    return {column: getattr(row, column) for column in COLUMN_OF.values()}


def _many(plans, state) -> int:
    return sum(made.state == state for made in plans)


def _check(content):
    """Refuse what is no file of goods. Raises: UnreadableTable."""
    reading.check(Package(io.BytesIO(content)).table)


KIND = file_jobs.Kind(GoodsImport, run, look_over, _check)
