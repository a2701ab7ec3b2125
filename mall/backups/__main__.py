"""python -m mall.backups backup|restore|drill: what ops/backup, ops/restore and ops/drill call."""

import argparse
import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError
from environ import Env

from mall.backups import BackupError, folder, making, proof
from mall.profile import use_profile

ROOT = Path(__file__).resolve().parents[2]
FILES = ("mall.env", ".env")
NAMES = ("DATABASE_URL", "DATABASE_URL_FILE")


def main(arguments=None):
    """Do one of the three; returns the exit code: 0 only for a verified backup, books that close."""
    asked = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        _read_env()
        use_profile()
        django.setup()
        return asked.do(asked)
    except BackupError as error:
        _say(str(error))
    except OSError as error:
        _say(f"{error.filename or 'the disk'}: {error.strerror}; nothing was kept")
    except DatabaseError as error:
        _say(f"the database says: {error}")
    except (ImportError, ImproperlyConfigured) as error:
        _say(f"the mall does not start here: {error}")
    except KeyboardInterrupt:
        _say("interrupted; nothing was kept")
        return 130
    return 1


def _backup(asked):
    with _clock() as took:
        kept, facts = making.back_up(asked.folder, quick=asked.quick, scratch_url=os.environ.get("SCRATCH_URL", ""), progress=_progress())
    size = sum(path.stat().st_size for path in kept.iterdir())
    summary = f"{facts['database']['rows']} rows, {facts['media']['files']} pictures, {size / 1e6:.1f} MB, {took():.0f} s"
    if lost := facts["media"].get("missing"):
        _say(f"{len(lost)} pictures that rows name are not in the shop's folder: {', '.join(lost[:3])}")
    _print(kept)
    if folder.is_good(facts):
        _say(f"backed up to {kept} and verified: {summary}")
        return _rotate(asked)
    if asked.quick:
        _say(f"written to {kept}, NOT VERIFIED (--quick): {summary}; ./ops/drill {kept} proves it")
        return 0
    for line in facts["mismatches"][:10]:
        _say(line)
    _say(f"written to {kept}, NOT GOOD: every row is there, but the shop's books do not close; manage.py verify_ledger names the accounts")
    return 1


def _rotate(asked):
    try:
        for old in folder.rotate(asked.folder, asked.keep) if asked.keep else []:
            _say(f"removed {old}")
    except OSError as error:
        _say(f"the new backup is good, but an old one could not be removed: {error.filename}: {error.strerror}")
        return 1
    return 0


def _restore(asked):
    if bool(asked.until) != bool(asked.binlogs):
        _say("--until and --binlogs go together: up to when, and the folder with the server's binary logs")
        return 2
    if told := making.restore(asked.backup, until=asked.until, binlogs=asked.binlogs, progress=_progress()):
        _say(told)
    if waiting := proof.pending():
        _say(f"restored, and of an older release: run manage.py migrate ({len(waiting)} migrations), then manage.py verify_ledger")
        return 1
    _say("restored; now the books are verified")
    call_command("verify_ledger")  # exits 1 on any mismatch
    return 0


def _drill(asked):
    with _clock() as took:
        told = making.drill(asked.backup, scratch_url=os.environ.get("SCRATCH_URL", ""), progress=_progress())
    _say(f"the drill passed in {took():.0f} s: {told}, every row back, the books close")
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="ops", description=__doc__)
    parts = parser.add_subparsers(required=True)
    backup = parts.add_parser("backup")
    backup.add_argument("folder", type=_path)
    backup.add_argument("--quick", action="store_true")
    backup.add_argument("--keep", type=_count, default=0)
    backup.set_defaults(do=_backup)
    restore = parts.add_parser("restore")
    restore.add_argument("backup", type=_path)
    restore.add_argument("--until")
    restore.add_argument("--binlogs", type=_path)
    restore.set_defaults(do=_restore)
    drill = parts.add_parser("drill")
    drill.add_argument("backup", type=_path, nargs="?")
    drill.set_defaults(do=_drill)
    return parser


def _path(text):
    return Path(os.environ.get("MALL_CALLED_FROM", "."), text)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of backups, 1 or more")
    return int(text)


def _read_env():
    """Read mall.env and .env as they stand, with no shell in between; what is exported wins.

    Raises: BackupError when they name no database: they are docker compose's, whose shop is not here.
    """
    profile, is_named = os.environ.get("MALL_PROFILE"), any(os.environ.get(name) for name in NAMES)
    found = [ROOT / name for name in FILES if (ROOT / name).is_file()]
    if not found or profile == "embedded" or (is_named and profile != "production"):
        return
    for path in found:
        Env.read_env(path)
    if not is_named and not any(os.environ.get(name) for name in NAMES):
        raise BackupError(
            "neither mall.env nor .env names DATABASE_URL; with docker compose: docker compose run --rm backup; "
            "on a host add MALL_PROFILE=production and DATABASE_URL; for the embedded shop say MALL_PROFILE=embedded"
        )


@contextmanager
def _clock():
    began = time.monotonic()
    yield lambda: time.monotonic() - began


def _progress():
    return sys.stderr.isatty()


def _interrupted(number, _frame):
    signal.signal(number, signal.SIG_IGN)
    _say(f"interrupted ({signal.Signals(number).name}); nothing was kept")
    raise SystemExit(128 + number)


def _say(words):
    sys.stderr.write(f"mall: {words}\n")


def _print(words):
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
