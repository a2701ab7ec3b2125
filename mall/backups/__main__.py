"""python -m mall.backups backup|restore|drill: what ops/backup, ops/restore and ops/drill call."""

import argparse
import os
import signal
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from environ import Env

from mall.backups import BackupError, say
from mall.profile import use_profile

ROOT = Path(__file__).resolve().parents[2]
FILES = ("mall.env", ".env")
NAMES = ("DATABASE_URL", "DATABASE_URL_FILE")


def main(arguments=None):
    """Do one of the three; returns the exit code: 0 only for a verified backup, books that
    close.
    """
    asked = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        _read_env()
        use_profile()
        django.setup()
        # not above: what it imports reads the settings, and .env comes first
        from mall.backups import commands

        return getattr(commands, asked.do)(asked)
    except BackupError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or 'the disk'}: {error.strerror}; nothing was kept")
    except DatabaseError as error:
        say(f"the database says: {error}")
    except (ImportError, ImproperlyConfigured) as error:
        say(f"the mall does not start here: {error}")
    except KeyboardInterrupt:
        say("interrupted; nothing was kept")
        return 130
    return 1


def _parser():
    parser = argparse.ArgumentParser(prog="./ops", description=__doc__)
    parts = parser.add_subparsers(required=True)
    backup = parts.add_parser("backup", prog="./ops/backup")
    backup.add_argument("folder", type=_path)
    backup.add_argument("--quick", action="store_true")
    backup.add_argument("--keep", type=_count, default=0)
    backup.set_defaults(do="backup")
    restore = parts.add_parser("restore", prog="./ops/restore")
    restore.add_argument("backup", type=_path)
    restore.add_argument("--until")
    restore.add_argument("--binlogs", type=_path)
    restore.set_defaults(do="restore")
    drill = parts.add_parser("drill", prog="./ops/drill")
    drill.add_argument("backup", type=_path, nargs="?")
    drill.set_defaults(do="drill")
    return parser


def _path(text):
    return Path(os.environ.get("MALL_CALLED_FROM", "."), text)


def _count(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number of backups, 1 or more")
    return int(text)


def _read_env():
    """Read mall.env and .env as they stand, with no shell in between; what is exported wins.

    Raises: BackupError when they name no database: they are docker compose's, whose shop is not
    here.
    """
    profile, is_named = os.environ.get("MALL_PROFILE"), any(os.environ.get(name) for name in NAMES)
    found = [ROOT / name for name in FILES if (ROOT / name).is_file()]
    if not found or profile == "embedded" or (is_named and profile != "production"):
        return
    for path in found:
        Env.read_env(path)
    if not is_named and not any(os.environ.get(name) for name in NAMES):
        raise BackupError(
            "neither mall.env nor .env names DATABASE_URL; with docker compose: docker compose "
            "run --rm backup; "
            "on a host add MALL_PROFILE=production and DATABASE_URL; for the embedded shop say "
            "MALL_PROFILE=embedded"
        )


def _interrupted(number, _frame):
    signal.signal(number, signal.SIG_IGN)
    say(f"interrupted ({signal.Signals(number).name}); nothing was kept")
    raise SystemExit(128 + number)


if __name__ == "__main__":
    raise SystemExit(main())
