"""Unpacking of tar archives into a folder, and nowhere else."""

import tarfile
from pathlib import PurePosixPath

# Python before 3.11.4 has no filters; Debian 12's is 3.11.2.
FILTER = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def unpack(tar: tarfile.TarFile, folder) -> None:
    """Write the files and folders of an open archive into ``folder``. Raises: TarError where it
    holds anything else or a name leads out of it (what stands before that is written), OSError.
    """
    tar.extractall(folder, members=_plain(tar), **FILTER)


def _plain(tar):
    for member in tar:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} is no plain file of this archive")
        yield member
