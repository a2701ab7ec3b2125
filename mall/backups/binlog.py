"""Point in time: what the binary log holds since a backup, done again up to a moment."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from mall.backups import BackupError
from mall.backups.programs import running
from mall.core import clock

DELIMITER = b"/*!*/;"
# What a log of rows consists of; any other statement changed tables or rights.
OF_ROWS = re.compile(
    rb"(SET|BEGIN|COMMIT|ROLLBACK|XA|USE|BINLOG|DELIMITER|START "
    rb"TRANSACTION|SAVEPOINT|/\*[!M])\b|/\*",
    re.IGNORECASE,
)
OF_RIGHTS = re.compile(
    rb"(GRANT|REVOKE|(CREATE|ALTER|DROP|RENAME)\s+(USER|ROLE)|SET\s+PASSWORD)\b", re.IGNORECASE
)
UNKNOWN_TO_MYSQL = re.compile(
    rb", @@session\.(check_constraint_checks|sql_if_exists|system_versioning_\w+)=\d+"
)
# MariaDB would write the old numbers into the log of the server that does it again, and could not
# read that log afterwards.
NUMBERS = re.compile(rb"/\*M!\d+ SET @@session\.(gtid_domain_id|gtid_seq_no|server_id)=")
STAMP = re.compile(rb"^#(\d{6} +\d{1,2}:\d\d:\d\d) server id", re.MULTILINE)


def moment(text) -> datetime:
    """Read a moment; without an offset it is the shop's time. Raises: BackupError when it is
    none.
    """
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
            raise BackupError(
                f"the backup knows no place in the binary log (it was {position or 'not asked'}): "
                f"restore it without --until"
            )
        made = datetime.fromisoformat(facts["made_at"])
        if until < made:
            raise BackupError(
                f"the backup is of {made:%Y-%m-%d %H:%M:%S} UTC, after --until: take an earlier one"
            )
        self.source, self.start = database["name"], position["position"]
        # The programs keep seconds in 32 bits, and take a day beyond them for one long ago.
        self.until = min(until, clock.now() + timedelta(days=1)).astimezone(UTC)
        self.files = _reaching_from(position["file"], folder)

    def replay(self, target) -> str:
        """Do again on ``target`` what the shop did; returns a sentence that says how much.

        Raises: BackupError when a log is damaged, the user may not, or the tables themselves
        changed and ``target`` has another name than the shop's database: such a statement may name
        the other.
        """
        reader = target.program("mariadb-binlog", "mysqlbinlog")
        self._refuse_changes_from_outside(reader)
        # MySQL filters by the new name (as its manual says), MariaDB by the old one and, asked
        # otherwise, gives nothing.
        arguments = [f"--database={self.source if reader.is_mariadb else target.name}"]
        if target.name != self.source:
            arguments += [f"--rewrite-db={self.source}->{target.name}"]
        adapt = _for_mysql if reader.is_mariadb and not target.is_mariadb else iter
        with target.loading() as writer, self._read(reader, *arguments) as process:
            changes, last = self._copy(
                adapt(_statements(process.stdout)),
                writer.stdin,
                same_name=target.name == self.source,
            )
        return (
            f"the binary log was done again until {self.until:%Y-%m-%d %H:%M:%S} UTC: "
            f"{changes} changes, the last of {last or 'none'}"
        )

    def _read(self, reader, *arguments):
        own = [f"--start-position={self.start}", f"--stop-datetime={self.until:%Y-%m-%d %H:%M:%S}"]
        # A log that was spoiled so is read all the same.
        own += ["--loose-skip-gtid-strict-mode"] if reader.is_mariadb else ["--skip-gtids"]
        return running(reader, None, *own, *arguments, *map(str, self.files), stdout=-1)

    def _refuse_changes_from_outside(self, reader):
        """A filter by database leaves out `DROP TABLE mall.x` when it was typed in another one, or
        in none.
        """
        named = re.compile(rb"[`\s,(]" + re.escape(self.source.encode()) + rb"`?\s*\.")
        told = []
        for arguments in ([], [f"--database={self.source}"]):
            with self._read(reader, *arguments) as process:
                words = (_without_comments(statement) for statement in _statements(process.stdout))
                told.append(
                    {
                        text
                        for text in words
                        if named.search(text)
                        and not OF_ROWS.match(text)
                        and not OF_RIGHTS.match(text)
                    }
                )
        if outside := sorted(told[0] - told[1]):
            change = outside[0][:60].decode(errors="replace")
            raise BackupError(
                f"the log changes tables from outside the database ({change}…): take an earlier "
                f"--until, or replay it by hand"
            )

    def _copy(self, statements, sink, *, same_name):
        changes, last = 0, ""
        for statement in statements:
            words = _without_comments(statement)
            if OF_RIGHTS.match(words) or NUMBERS.match(words):
                continue  # rights belong to a server: grant_tables gives them
            if words and not same_name and not OF_ROWS.match(words):
                change = words[:60].decode(errors="replace")
                raise BackupError(
                    f"the log changes tables ({change}…): restore into a database called "
                    f"{self.source}, on another server"
                )
            if words.startswith(b"BINLOG") and (stamps := STAMP.findall(statement)):
                changes, last = (
                    changes + 1,
                    f"{datetime.strptime(stamps[-1].decode(), '%y%m%d %H:%M:%S'):%F %T} UTC",
                )
            sink.write(statement)
        return changes, last


def _reaching_from(first, folder) -> list[Path]:
    stem, _, number = first.rpartition(".")
    folder = Path(folder)
    if not folder.is_dir():
        raise BackupError(
            f"{folder} is no folder: name the one with the server's binary logs ({first} onward)"
        )
    found = {path.name: path for path in folder.glob(f"{stem}.*") if path.suffix[1:].isdigit()}
    files, turn = [], int(number)
    while path := found.get(f"{stem}.{turn:0{len(number)}d}"):
        files.append(path)
        turn += 1
    if not files:
        raise BackupError(f"{first}, where the backup's log begins, is not in {folder}")
    beyond = [name for name in found if int(name.rpartition(".")[2]) > turn]
    if beyond:
        raise BackupError(
            f"{stem}.{turn:0{len(number)}d} is missing in {folder}, though later logs are there"
        )
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


def _for_mysql(statements):
    """Let a MySQL do again what MariaDB's program read: it sets variables of its own, and leaves
    GTIDs to the server.
    """
    is_open = False
    for statement in statements:
        words = _without_comments(statement)
        if words.startswith((b"BEGIN", b"START TRANSACTION")):
            is_open = True
        elif words.startswith((b"COMMIT", b"ROLLBACK")):
            is_open = False
        yield UNKNOWN_TO_MYSQL.sub(b"", statement) if words.startswith(b"SET") else statement
        # a log's first event: MySQL takes what follows for another server's
        if words.startswith(b"BINLOG") and not is_open:
            yield b"SET @@SESSION.GTID_NEXT = 'AUTOMATIC'" + DELIMITER + b"\n"


def _without_comments(statement):
    return b"".join(
        line for line in statement.splitlines(True) if not line.startswith(b"#")
    ).strip()
