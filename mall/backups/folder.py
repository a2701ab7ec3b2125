"""The folder of a backup: made under a name nobody takes for a backup, renamed when it is whole."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from mall.backups import BackupError
from mall.core import clock

MANIFEST = "MANIFEST"
UNVERIFIED = "not verified"
NAME = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
BLOCK = 1 << 20


@contextmanager
def draft(target):
    """Give a new empty folder inside ``target``; it goes away unless ``publish`` renamed it.

    Raises: BackupError when nothing can be written to ``target``.
    """
    try:
        target = Path(target)
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=target))
    except OSError as error:
        raise BackupError(
            f"{target} cannot be written to ({error.strerror}): name another folder"
        ) from None
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def publish(made, facts) -> Path:
    """Seal a draft with its MANIFEST, bring it to the disk and give it its name; returns the
    backup's folder.
    """
    facts = {**facts, "files": {path.name: digest(path) for path in sorted(made.iterdir())}}
    (made / MANIFEST).write_text(
        json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for path in made.iterdir():
        _bring_to_disk(path)
    _bring_to_disk(made)
    name, number = f"{clock.now():%Y%m%dT%H%M%SZ}", 1
    while True:
        final = made.parent / (name if number == 1 else f"{name}-{number}")
        try:
            made.rename(final)  # takes the place of nothing: a backup's folder is never empty
        except OSError:
            if not final.exists():
                raise
            number += 1
            continue
        _bring_to_disk(final.parent)
        return final


def open_backup(path) -> dict:
    """Return the facts of a backup after comparing every file with its checksum.

    Raises: BackupError when ``path`` is no backup or a file differs.
    """
    if not (path / MANIFEST).is_file():
        raise BackupError(f"{path} is no backup: name the folder with the MANIFEST, FOLDER/<time>")
    text = (path / MANIFEST).read_text(encoding="utf-8", errors="replace")
    facts = _facts(text)
    if not facts.get("files"):
        raise BackupError(
            "the backup is damaged (its MANIFEST cannot be read); nothing was restored"
        )
    for name, expected in facts["files"].items():
        if not (path / name).is_file() or digest(path / name) != expected:
            raise BackupError(
                f"the backup is damaged ({name} is not what the MANIFEST says); nothing was "
                f"restored"
            )
    return facts


def rotate(target, keep) -> list[Path]:
    """Remove what is older than the ``keep`` newest verified backups in ``target``; returns what
    went.
    """
    backups = sorted(
        (
            path
            for path in Path(target).iterdir()
            if NAME.fullmatch(path.name) and (path / MANIFEST).is_file()
        ),
        key=_age,
    )
    good = [
        path for path in backups if is_good(_facts((path / MANIFEST).read_text(encoding="utf-8")))
    ]
    if len(good) < keep:
        return []
    old = backups[: backups.index(good[-keep])]
    for path in old:
        (path / MANIFEST).unlink()  # first: what is half removed is no backup any more
        shutil.rmtree(path)
    return old


def is_good(facts) -> bool:
    """Tell whether a backup was restored and its books closed."""
    return isinstance(facts.get("verified"), dict)


def digest(path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _facts(text) -> dict:
    try:
        facts = json.loads(text)
        return facts if isinstance(facts, dict) else {}
    except ValueError:  # the list of sha256sum that backups of 2026 before the JSON one have
        return {
            "files": {
                name: sha
                for sha, name in re.findall(r"^([0-9a-f]{64})  ([\w.]+)$", text, re.MULTILINE)
            }
        }


def _age(path):
    name, _, number = path.name.partition("-")
    return name, int(number or 1)


def _bring_to_disk(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
