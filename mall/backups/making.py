"""Back up, restore, rehearse: the three verbs."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from mall.backups import BackupError, folder, media, proof
from mall.backups.binlog import Log, moment
from mall.backups.databases import shop
from mall.backups.scratch import scratch_for
from mall.core import clock

ARCHIVE = "media.tar.gz"


def back_up(target, *, quick=False, scratch_url="", progress=False):
    """Write a backup of the running shop into ``target``; returns its folder and facts.

    It is published only after it was restored into an empty database and every row compared, or
    marked "not verified" when ``quick``. ``facts["verified"]`` is the evidence only if the books
    close too. Raises: BackupError; then nothing of it is left, and older backups are untouched.
    """
    database = shop()
    with ExitStack() as stack:
        made = stack.enter_context(folder.draft(target))
        scratch = None if quick else stack.enter_context(scratch_for(database, scratch_url))
        facts = {"format": 2, "made_at": f"{clock.now():%Y-%m-%dT%H:%M:%S+00:00}"}
        facts["database"] = database.dump(made, progress=progress)
        facts["media"] = media.pack(settings.MEDIA_ROOT, made / ARCHIVE, progress=progress)
        facts["release"] = proof.release()
        if quick:
            media.names_in(made / ARCHIVE)
            facts["verified"] = f"{folder.UNVERIFIED} (--quick)"
        else:
            evidence = proof.prove(made, facts, scratch, progress=progress)
            facts["media"]["missing"] = evidence.pop("missing_pictures")
            facts["mismatches"] = evidence.pop("mismatches")
            facts["verified"] = (
                f"{folder.UNVERIFIED}: the books do not close" if facts["mismatches"] else evidence
            )
        return folder.publish(made, facts), facts


def restore(backup, *, until=None, binlogs=None, progress=False) -> str:
    """Restore rows and pictures into the shop's own, empty database; returns a sentence about the
    log, if any.

    Raises: BackupError before anything changes when the backup is damaged or the database holds
    anything.
    """
    facts = folder.open_backup(backup)
    database = shop()
    archive = _rows(backup, database)
    proof.require_ledger_key(facts)
    log = Log(facts, binlogs, moment(until)) if until else None
    if not database.is_empty():
        raise BackupError(
            "the database is not empty: restore into a new one, then point DATABASE_URL there"
        )
    media.require_room(settings.MEDIA_ROOT)
    try:
        database.load(archive, progress=progress)
        told = log.replay(database) if log else ""
    except BackupError as error:
        raise BackupError(
            f"{error}. What is in {database} now is not whole: drop it, make it anew and restore "
            f"again"
        ) from None
    media.unpack(backup / ARCHIVE, settings.MEDIA_ROOT)
    # else the next ./scripts/run would load the demo, its published passwords too, into somebody's
    # own shop
    if settings.DEMO_MARK:
        Path(settings.DEMO_MARK).touch()
    return told


def drill(backup=None, *, scratch_url="", progress=False) -> str:
    """Restore a backup, or one made now, into an empty database and verify it there; returns what
    was proven.

    Raises: BackupError when anything is missing or the books do not close.
    """
    with ExitStack() as stack:
        if backup is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mall")))
            backup, _facts = back_up(work, quick=True, progress=progress)
        facts = folder.open_backup(backup)
        database = shop()
        _rows(backup, database)
        proof.require_ledger_key(facts)
        if "database" not in facts:
            raise BackupError(
                "this backup was made before backups knew what they hold: ./ops/restore it into "
                "an empty database"
            )
        scratch = stack.enter_context(scratch_for(database, scratch_url))
        evidence = proof.prove(backup, facts, scratch, progress=progress)
        if evidence["mismatches"]:
            raise BackupError(
                f"every row is back, but the books do not close: {evidence['mismatches'][0]}"
            )
        return f"{facts['database']['rows']} rows, {facts['media']['files']} pictures"


def _rows(backup, database):
    """Return the archive of rows. Raises: BackupError when it is of another kind of database."""
    archive = backup / database.file
    if not archive.is_file():
        raise BackupError(
            f"this backup is not of {database.kind}: point DATABASE_URL at an empty database of "
            f"its own kind"
        )
    return archive
