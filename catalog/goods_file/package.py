"""A file of goods as it comes: the table alone, or a ZIP with it and the pictures it names.

Nothing is unpacked to the disk. Every entry is read piece by piece under a bound, whatever its
header says.
"""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from catalog.goods_file.reading import BYTES_MAX
from mall.core import pictures
from mall.core.tables.columns import listed
from mall.core.tables.errors import BadCell, UnreadableTable

ENTRIES_MAX = 20_000
UNPACKED_BYTES_MAX = 1024 * 1024 * 1024
PIECE_BYTES = 1 << 20
TABLES = {".csv", ".xlsx", ".txt", ".tsv"}
WORKBOOK = "xl/workbook.xml"
UTF8, ENCRYPTED = 0x800, 0x1  # flags of an entry (PKWARE's APPNOTE 4.4.4)
UNASKED = {"__macosx", "thumbs.db", ".ds_store", "desktop.ini"}  # what systems add
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError,
)  # fmt: skip


class Package:
    """A file that was opened: ``table`` is the bytes of its table; ``picture`` finds one by name.

    ``source`` is a binary file that can be rewound, and stays its owner's. Raises: UnreadableTable.
    """

    def __init__(self, source):
        self._zip, self._left = _opened(source), UNPACKED_BYTES_MAX
        self._by_path, self._by_name = {}, {}
        if self._zip is None:
            source.seek(0)
            self.table = source.read(BYTES_MAX + 1)
            return
        tables = []
        for entry in _entries(self._zip):
            path = _path_of(entry)
            if path is None:
                continue
            if path.suffix.lower() in TABLES:
                tables.append((path, entry))
            else:
                self._by_path[str(path).casefold()] = entry
                self._by_name.setdefault(path.name.casefold(), []).append(entry)
        self.table = self._read(_only(tables), BYTES_MAX)

    @property
    def has_pictures(self) -> bool:
        """Whether there are files beside the table."""
        return bool(self._by_path)

    def picture(self, name: str) -> bytes | None:
        """Return the picture a cell names, by its path or its name alone, in any case; None where
        there is none.

        Raises: BadCell (several go by the name), UnreadableTable.
        """
        entry = self._entry(name)
        if entry is None:
            return None
        return self._read(entry, pictures.MOST_MEGABYTES * 1024 * 1024)

    def _entry(self, name):
        path = name.replace("\\", "/").strip("/").casefold()
        if path in self._by_path:
            return self._by_path[path]
        found = self._by_name.get(path.rpartition("/")[2], [])
        if len(found) > 1:
            raise BadCell(
                _("several pictures of the ZIP are called %(name)s; write the folder, too")
                % {"name": name[:80]}
            )
        return found[0] if found else None

    def _read(self, entry, most) -> bytes:
        """Return an entry's bytes, one more than ``most`` at the most."""
        content = io.BytesIO()
        try:
            with self._zip.open(entry) as packed:
                while content.tell() <= most and (piece := packed.read(PIECE_BYTES)):
                    content.write(piece)
                    self._left -= len(piece)
                    if self._left < 0:
                        raise UnreadableTable(_too_large())
        except BROKEN as error:
            raise UnreadableTable(
                _("“%(name)s” in the ZIP is damaged. Please pack it again.")
                % {"name": entry.filename[:80]}
            ) from error
        return content.getvalue()


def _opened(source) -> zipfile.ZipFile | None:
    """Return the archive, or None for a table alone (a workbook is an archive, too)."""
    source.seek(0)
    if source.read(2) != b"PK":
        return None
    try:
        found = zipfile.ZipFile(source)
    except BROKEN as error:
        raise UnreadableTable(_("This ZIP is damaged. Please pack it again.")) from error
    return None if WORKBOOK in found.namelist() else found


def _entries(archive):
    found = [entry for entry in archive.infolist() if not entry.is_dir()]
    size = sum(entry.file_size for entry in found)
    if len(found) > ENTRIES_MAX or size > UNPACKED_BYTES_MAX:
        raise UnreadableTable(_too_large())
    if any(entry.flag_bits & ENCRYPTED for entry in found):
        raise UnreadableTable(_("This ZIP has a password. Please pack it again without one."))
    return found


def _path_of(entry) -> PurePosixPath | None:
    """Return the path of an entry, None for what systems add. Raises: UnreadableTable."""
    name = _named(entry).replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name[1:2] == ":":
        raise UnreadableTable(
            _("“%(name)s” leads out of the ZIP. Please pack it again.") % {"name": name[:80]}
        )
    parts = [part.casefold() for part in path.parts]
    return None if UNASKED.intersection(parts) or parts[-1].startswith("._") else path


def _named(entry) -> str:
    """Return an entry's name: without the flag that says UTF-8 Python reads code page 437, where
    Windows in China wrote GBK and others UTF-8 all the same.
    """
    if entry.flag_bits & UTF8:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return entry.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return entry.filename


def _only(tables):
    if not tables:
        raise UnreadableTable(_("There is no table (.csv or .xlsx) in this ZIP."))
    if len(tables) > 1:
        raise UnreadableTable(
            _("There are several tables in this ZIP: %(names)s. Please leave one.")
            % {"names": listed(path for path, _entry in tables)}
        )
    return tables[0][1]


def _too_large():
    return _("This ZIP is too large once unpacked, or has too many files. Please split it.")
