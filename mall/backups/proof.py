"""What makes a backup good: restored elsewhere, every row is there and the books close."""

import hashlib
import io
import json

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from mall.backups import BackupError, media
from mall.backups.databases import speaking_to
from mall.core import clock


def prove(backup, facts, scratch, *, progress) -> dict:
    """Restore a backup's rows into ``scratch`` and compare; returns the evidence for the MANIFEST.

    ``evidence["mismatches"]`` is a list of sentences, empty when the books close. Raises:
    BackupError when anything that was backed up is not there.
    """
    database = facts["database"]
    scratch.load(backup / database["file"], progress=progress, unlogged=True)
    compare(database, scratch.contents())
    packed = media.names_in(backup / facts["media"]["file"])
    with speaking_to(scratch):
        migrated = bring_up()
        lost = media.missing(packed)
        mismatches = verify_books()
    return {
        "how": f"restored into {scratch.contents()['engine']}, rows compared, verify_ledger",
        "at": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "migrated_first": migrated,
        "missing_pictures": lost,
        "mismatches": mismatches,
    }


def compare(expected, found):
    """Compare what was in the shop with what is in its copy. Raises: BackupError naming the tables
    that differ.

    Servers of one version compute the same checksum of the same rows; others are compared by count.
    The same checksum is no proof that no text slid from a column into the next
    (findings/checksum-table-does-not-see-where-a-text-ends.sh): the books are verified besides.
    """
    exact = expected["engine"] == found["engine"]
    tables = expected["tables"].keys() | found["tables"].keys()
    wrong = sorted(
        name
        for name in tables
        if _differ(expected["tables"].get(name), found["tables"].get(name), exact)
    )
    if wrong:
        told = "; ".join(
            f"{name}: {_rows(expected, name)} in the shop, {_rows(found, name)} in the copy"
            for name in wrong[:3]
        )
        raise BackupError(f"what was restored is not what was backed up ({told})")
    if lost := sorted(set(expected["objects"]) ^ set(found["objects"])):
        raise BackupError(f"what was restored is not what was backed up ({', '.join(lost[:3])})")


def _differ(one, other, exact):
    if one is None or other is None or one["rows"] != other["rows"]:
        return True
    return exact and one.get("checksum") != other.get("checksum")


def _rows(facts, name):
    table = facts["tables"].get(name)
    return "no such table" if table is None else f"{table['rows']} rows"


def pending() -> list[str]:
    """Return the migrations this release has and the connected database lacks."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def bring_up() -> list[str]:
    """Migrate the connected copy to this release; returns what was done. Raises: BackupError when a
    table is missing.
    """
    waiting = pending()
    if waiting:
        call_command("migrate", verbosity=0, interactive=False)
    known = connections["default"].introspection
    lacking = sorted(set(known.django_table_names(only_existing=False)) - set(known.table_names()))
    if lacking:
        raise BackupError(f"the backup has no {', '.join(lacking[:5])}: it is not of a whole shop")
    return waiting


def verify_books() -> list[str]:
    """Run verify_ledger on the connected database; returns a sentence for each mismatch.

    Raises: BackupError when it cannot be run at all.
    """
    said = io.StringIO()
    try:
        call_command("verify_ledger", json=True, stdout=said)
    except SystemExit:
        pass
    except DatabaseError as error:
        raise BackupError(f"the books cannot be verified: {error}") from None
    told = json.loads(said.getvalue())
    return [
        f"account {one['account']}: {one['check']}; expected {one['expected']}, found "
        f"{one['found']}"
        for one in told["mismatches"]
    ]


def release() -> dict:
    """Return what this release and the connected shop are."""
    applied = MigrationExecutor(connections["default"]).loader.applied_migrations
    last = {}
    for app, name in sorted(applied):
        last[app] = name
    return {"settings": settings.SETTINGS_MODULE, "ledger_key": _fingerprint(), "migrations": last}


def require_ledger_key(facts):
    """Refuse a key that did not seal the books of a backup: every account would be frozen as
    forged.

    Raises: BackupError before anything is restored.
    """
    expected = facts.get("release", {}).get("ledger_key", _fingerprint())
    if expected != _fingerprint():
        raise BackupError(
            "LEDGER_KEY is not the one this shop's books are sealed with (embedded: "
            "var/secrets.json); nothing was restored"
        )


def _fingerprint() -> str:
    """Name the ledger's key without telling it: it is 32 random bytes."""
    return hashlib.sha256(b"mall ledger key " + settings.LEDGER_KEY.encode()).hexdigest()[:16]
