"""The pictures of a shop as one archive. They are packed after the rows: a row's picture is there
first.
"""

import io
import os
import tarfile
import tempfile
from pathlib import Path

from django.apps import apps
from django.db.models import FileField
from tqdm import tqdm

from mall.backups import BackupError
from mall.core import renditions, tarballs

RENDITIONS = renditions.FOLDER.rstrip("/")
NAMED = 5  # how many missing pictures a sentence names


def pack(folder, archive, *, progress):
    """Write every file under ``folder`` to ``archive``; returns how many and how many bytes.

    A picture that a member deletes meanwhile is left out. Raises: BackupError when the folder is
    missing or a part of it cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BackupError(
            f"the pictures' folder {folder} is not there: set MEDIA_ROOT, or make it when the "
            f"shop has no pictures yet"
        )
    files = bytes_ = 0
    try:
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for path in tqdm(
                list(_walk(folder)), desc="pictures", disable=not progress, leave=False
            ):
                try:
                    content = path.read_bytes()
                    info = tar.gettarinfo(path, arcname=path.relative_to(folder).as_posix())
                except FileNotFoundError:
                    if path.is_symlink():
                        raise
                    continue
                info.type, info.size, info.linkname = tarfile.REGTYPE, len(content), ""
                tar.addfile(info, io.BytesIO(content))
                files, bytes_ = files + 1, bytes_ + len(content)
    except OSError as error:
        raise BackupError(
            f"the pictures cannot be packed: {error.filename or archive}: {error.strerror or error}"
        ) from None
    return {"file": archive.name, "files": files, "bytes": bytes_}


def _walk(folder):
    def refuse(error):
        raise error

    for where, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        if Path(where) == folder:
            # what can be made again of the pictures
            folders[:] = [name for name in folders if name != RENDITIONS]
        yield from (Path(where) / name for name in sorted(names))


def names_in(archive) -> set[str]:
    """Return the names of all files of an archive, read to its last byte. Raises: BackupError when
    it is damaged.
    """
    try:
        with tarfile.open(archive) as tar:
            names = set()
            for member in tar:
                if member.isfile():
                    tar.extractfile(member).read()
                    names.add(member.name.removeprefix("./"))
            return names
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BackupError(f"{archive.name} cannot be read back: {error}") from None


def require_room(folder):
    """Make the folder for pictures when it is missing. Raises: BackupError when nothing can be
    written there.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BackupError(
            f"the pictures cannot be written to {folder} ({error.strerror}): set MEDIA_ROOT; "
            f"nothing was restored"
        ) from None


def unpack(archive, folder):
    """Write the pictures to ``folder``."""
    try:
        with tarfile.open(archive) as tar:
            tarballs.unpack(tar, folder)
    except (OSError, tarfile.TarError) as error:
        raise BackupError(
            f"the pictures cannot be written to {folder}: {error}; the database is restored"
        ) from None


def named_by_rows() -> set[str]:
    """Return the pictures that rows of the connected database name."""
    named = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                named.update(model._base_manager.values_list(field.name, flat=True))
    return named - {"", None}


def missing(packed) -> list[str]:
    """Return the pictures that rows of the connected database name and ``packed`` lacks.

    Raises: BackupError when rows name pictures and none at all is there: that is another folder.
    """
    named = named_by_rows()
    lost = sorted(named - set(packed))
    if lost and len(lost) == len(named):
        raise BackupError(
            f"none of the {len(lost)} pictures that the shop's rows name is in its folder: set "
            f"MEDIA_ROOT to the shop's own"
        )
    return lost
