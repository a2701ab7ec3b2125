"""Point in time: what the binary log holds since a backup, done again up to a moment."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from mall.backups import BackupError
from mall.backups.programs import running

DELIMITER = b"/*!*/;"
# What a log of rows consists of; any other statement changed tables or rights.
OF_ROWS = re.compile(rb"(SET|BEGIN|COMMIT|ROLLBACK|XA|USE|BINLOG|DELIMITER|START TRANSACTION|SAVEPOINT|/\*[!M])\b|/\*", re.IGNORECASE)
OF_RIGHTS = re.compile(rb"(GRANT|REVOKE|(CREATE|ALTER|DROP|RENAME)\s+(USER|ROLE)|SET\s+PASSWORD)\b", re.IGNORECASE)
STAMP = re.compile(rb"^#(\d{6} +\d{1,2}:\d\d:\d\d) server id", re.MULTILINE)


def moment(text) -> datetime:
    """Read a moment; without an offset it is the shop's time. Raises: BackupError when it is none."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BackupError(f"{text!r} is no moment: write --until '2026-11-28 12:00:00'") from None
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(settings.SHOP_TIME_ZONE))


class Log:
    """The binary logs of a folder that reach from a backup's moment onward."""

    def __init__(self, facts, folder, until):
        """Raises: BackupError when the backup has no position, or the folder lacks a log."""
        database = facts.get("database", {})
        position = database.get("binlog")
        if not isinstance(position, dict):
            raise BackupError(f"the backup knows no place in the binary log (it was {position or 'not asked'}): restore it without --until")
        made = datetime.fromisoformat(facts["made_at"])
        if until < made:
            raise BackupError(f"the backup is of {made:%Y-%m-%d %H:%M:%S} UTC, after --until: take an earlier one")
        self.source, self.start, self.until = database["name"], position["position"], until.astimezone(UTC)
        self.files = _reaching_from(position["file"], folder)

    def replay(self, target) -> str:
        """Do again on ``target`` what the shop did; returns a sentence that says how much.

        Raises: BackupError when a log is damaged, the user may not, or the tables themselves changed
        and ``target`` has another name than the shop's database: such a statement may name the other.
        """
        reader = target.program("mariadb-binlog", "mysqlbinlog")
        arguments = [f"--start-position={self.start}", f"--stop-datetime={self.until:%Y-%m-%d %H:%M:%S}"]
        if not reader.is_mariadb:
            arguments += ["--skip-gtids"]
        if target.name != self.source:
            arguments += [f"--rewrite-db={self.source}->{target.name}"]
        # MySQL filters by the new name (as its manual says), MariaDB by the old one and, asked otherwise, gives nothing.
        arguments += [f"--database={self.source if reader.is_mariadb else target.name}", *map(str, self.files)]
        with (
            target.loading() as writer,
            running(reader, None, *arguments, stdout=-1) as process,
        ):
            changes, last = self._copy(process.stdout, writer.stdin, same_name=target.name == self.source)
        return f"the binary log was done again until {self.until:%Y-%m-%d %H:%M:%S} UTC: {changes} changes, the last of {last or 'none'}"

    def _copy(self, source, sink, *, same_name):
        changes, last = 0, ""
        for statement in _statements(source):
            words = b"".join(line for line in statement.splitlines(True) if not line.startswith(b"#")).strip()
            if OF_RIGHTS.match(words):
                continue  # rights belong to a server: grant_tables gives them
            if words and not same_name and not OF_ROWS.match(words):
                change = words[:60].decode(errors="replace")
                raise BackupError(f"the log changes tables ({change}…): restore into a database called {self.source}, on another server")
            if words.startswith(b"BINLOG") and (stamps := STAMP.findall(statement)):
                changes, last = changes + 1, f"{datetime.strptime(stamps[-1].decode(), '%y%m%d %H:%M:%S'):%Y-%m-%d %H:%M:%S} UTC"
            sink.write(statement)
        return changes, last


def _reaching_from(first, folder) -> list[Path]:
    stem, _, number = first.rpartition(".")
    folder = Path(folder)
    if not folder.is_dir():
        raise BackupError(f"{folder} is no folder: name the one with the server's binary logs ({first} onward)")
    found = {path.name: path for path in folder.glob(f"{stem}.*") if path.suffix[1:].isdigit()}
    files, turn = [], int(number)
    while path := found.get(f"{stem}.{turn:0{len(number)}d}"):
        files.append(path)
        turn += 1
    if not files:
        raise BackupError(f"{first}, where the backup's log begins, is not in {folder}")
    beyond = [name for name in found if int(name.rpartition(".")[2]) > turn]
    if beyond:
        raise BackupError(f"{stem}.{turn:0{len(number)}d} is missing in {folder}, though later logs are there")
    return files


def _statements(stream):
    """Yield the text of a log statement by statement."""
    lines = []
    for line in stream:
        lines.append(line)
        if line.rstrip().endswith((DELIMITER, b";")):
            yield b"".join(lines)
            lines = []
    if lines:
        yield b"".join(lines)
