"""What the three programs do and say; each returns its exit code. Read once the shop's settings
are.
"""

import os
import sys
import time
from contextlib import contextmanager

from django.core.management import call_command

from mall.backups import folder, making, proof, say


def backup(asked):
    """Back up; 0 when it is good, or was not to be proven."""
    with _clock() as took:
        kept, facts = making.back_up(
            asked.folder,
            quick=asked.quick,
            scratch_url=os.environ.get("SCRATCH_URL", ""),
            progress=_progress(),
        )
    size = sum(path.stat().st_size for path in kept.iterdir())
    summary = (
        f"{facts['database']['rows']} rows, {facts['media']['files']} pictures, "
        f"{size / 1e6:.1f} MB, {took():.0f} s"
    )
    if lost := facts["media"].get("missing"):
        say(
            f"{len(lost)} pictures that rows name are not in the shop's folder: "
            f"{', '.join(lost[:3])}"
        )
    _print(kept)
    if folder.is_good(facts):
        say(f"backed up to {kept} and verified: {summary}")
        return _rotate(asked)
    if asked.quick:
        say(f"written to {kept}, NOT VERIFIED (--quick): {summary}; ./ops/drill {kept} proves it")
        return 0
    for line in facts["mismatches"][:10]:
        say(line)
    say(
        f"written to {kept}, NOT GOOD: every row is there, but the shop's books do not close; "
        f"manage.py verify_ledger names the accounts"
    )
    return 1


def _rotate(asked):
    try:
        for old in folder.rotate(asked.folder, asked.keep) if asked.keep else []:
            say(f"removed {old}")
    except OSError as error:
        say(
            f"the new backup is good, but an old one could not be removed: {error.filename}: "
            f"{error.strerror}"
        )
        return 1
    return 0


def restore(asked):
    """Restore; 0 when the books close."""
    if bool(asked.until) != bool(asked.binlogs):
        say(
            "--until and --binlogs go together: up to when, and the folder with the server's "
            "binary logs"
        )
        return 2
    if told := making.restore(
        asked.backup, until=asked.until, binlogs=asked.binlogs, progress=_progress()
    ):
        say(told)
    if waiting := proof.pending():
        say(
            f"restored, and of an older release: run manage.py migrate ({len(waiting)} "
            f"migrations), then manage.py verify_ledger"
        )
        return 1
    say("restored; now the books are verified")
    call_command("verify_ledger", full=True)  # exits 1 on any mismatch
    return 0


def drill(asked):
    """Rehearse; 0 when every row is back and the books close."""
    with _clock() as took:
        told = making.drill(
            asked.backup, scratch_url=os.environ.get("SCRATCH_URL", ""), progress=_progress()
        )
    say(f"the drill passed in {took():.0f} s: {told}, every row back, the books close")
    return 0


@contextmanager
def _clock():
    began = time.monotonic()
    yield lambda: time.monotonic() - began


def _progress():
    return sys.stderr.isatty()


def _print(words):
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
