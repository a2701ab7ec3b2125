"""One moment of a running MySQL or MariaDB: rows counted, dumped and found in the binary log at the
same point.
"""

import re
import time
from contextlib import closing, contextmanager

from mall.backups import BackupError

try:
    import MySQLdb
except ImportError:  # an embedded shop has no driver and needs none: its database is a file
    MySQLdb = None

LOCK_SECONDS, TRIES = 5, 3  # how long to wait for the lock, and how often
HELD_SECONDS = 20  # nobody stands still longer, whatever happens to us
NEEDED = ("SELECT", "LOCK TABLES", "SHOW VIEW", "TRIGGER", "EVENT")
NO_RIGHT = (1044, 1142, 1227)
OBJECTS = """
    SELECT 'view', table_name FROM information_schema.views WHERE table_schema = DATABASE()
    UNION SELECT 'trigger', trigger_name FROM information_schema.triggers
        WHERE trigger_schema = DATABASE()
    UNION SELECT LOWER(routine_type), routine_name FROM information_schema.routines
        WHERE routine_schema = DATABASE()
    UNION SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()
    ORDER BY 1, 2"""


@contextmanager
def connected(params):
    """Open a connection as the shop does. Raises: BackupError for whatever the server refuses
    inside.
    """
    try:
        with closing(
            MySQLdb.connect(**{**params, "read_timeout": 3600, "write_timeout": 3600})
        ) as opened:
            opened.autocommit(True)
            yield opened
    except MySQLdb.Error as error:
        raise BackupError(explain(*error.args)) from None


def ask(opened, query):
    """Return all rows of a query."""
    with closing(opened.cursor()) as cursor:
        cursor.execute(query)
        return cursor.fetchall()


class Snapshot:
    """A consistent picture in ``self.reader``; writers stand still until ``let_go``."""

    def __init__(self, holder, reader, name):
        self.holder, self.reader, self.name = holder, reader, name
        self.tables = base_tables(reader)
        if not self.tables:
            raise BackupError(f"the database {name} holds no table: is DATABASE_URL the shop's?")
        self.holds = False

    def take(self):
        """Stop the writers for a moment, open the picture and read where the binary log stands."""
        ask(
            self.holder,
            f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}, wait_timeout = {HELD_SECONDS}",
        )
        ask(self.reader, "SET SESSION wait_timeout = 86400")  # it waits for the dump
        for attempt in range(1, TRIES + 1):
            try:
                self._lock()
                break
            except MySQLdb.OperationalError as error:
                if error.args[0] != 1205 or attempt == TRIES:
                    raise
                time.sleep(attempt)
        self.holds = True
        ask(self.reader, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ask(self.reader, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        self.binlog = _position(self.holder)

    def _lock(self):
        try:
            ask(self.holder, "FLUSH TABLES WITH READ LOCK")
        except MySQLdb.OperationalError as error:
            if error.args[0] not in NO_RIGHT:
                raise
            ask(
                self.holder,
                "LOCK TABLES " + ", ".join(f"{quote(table)} READ" for table in self.tables),
            )

    def let_go(self):
        """Let the writers go on; what was begun since ``take`` keeps its picture."""
        if self.holds:
            ask(self.holder, "UNLOCK TABLES")
            self.holds = False

    def contents(self, on_table=lambda: None) -> dict:
        """Return version, rows and checksum of each table, and the names of all else the database
        holds.
        """
        return contents(self.reader, self.name, on_table)


@contextmanager
def standing_still(params, name):
    """Give a ``Snapshot`` of the database ``name``; its lock ends with the block at the latest.

    Raises: BackupError when the user may not see or lock everything.
    """
    with connected(params) as holder, connected(params) as reader:
        require_rights(holder, name)
        picture = Snapshot(holder, reader, name)
        picture.take()
        yield picture


def contents(opened, name, on_table=lambda: None) -> dict:
    """Return what the connected database holds, table by table."""
    tables = {}
    for table in base_tables(opened):
        ((rows,),) = ask(opened, f"SELECT COUNT(*) FROM {quote(table)}")
        ((_table, checksum),) = ask(opened, f"CHECKSUM TABLE {quote(table)}")
        tables[table] = {"rows": rows, "checksum": checksum}
        on_table()
    return {
        "engine": engine(opened),
        "name": name,
        "tables": tables,
        "rows": sum(table["rows"] for table in tables.values()),
        "objects": [" ".join(found) for found in ask(opened, OBJECTS)],
    }


def base_tables(opened) -> list[str]:
    """Return the tables of the connected database. Raises: BackupError when one keeps no picture of
    a moment.
    """
    query = (
        "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = "
        "DATABASE() AND table_type = 'BASE TABLE'"
    )
    found = sorted(ask(opened, query))
    other = [table for table, engine in found if engine != "InnoDB"]
    if other:
        raise BackupError(
            f"{', '.join(other[:3])} cannot be copied while the shop runs: ALTER TABLE … "
            f"ENGINE=InnoDB"
        )
    return [table for table, _engine in found]


def engine(opened) -> str:
    """Return the server's name and version."""
    ((version, comment),) = ask(opened, "SELECT @@version, @@version_comment")
    return version if "mariadb" in version.lower() else f"{version}-MySQL ({comment})"


def require_rights(opened, name):
    """Refuse a user for whom a part of the database would be invisible. Raises: BackupError with
    the GRANT.
    """
    held = set()
    for (line,) in ask(opened, "SHOW GRANTS"):
        found = re.match(r"GRANT (.+) ON (?:`((?:[^`]|``)+)`|\*)\.\* TO ", line)
        if found and (found[2] is None or _covers(found[2].replace("``", "`"), name)):
            held |= {right.strip() for right in found[1].split(",")}
    lacking = (
        [] if held & {"ALL", "ALL PRIVILEGES"} else [right for right in NEEDED if right not in held]
    )
    if lacking:
        ((user,),) = ask(opened, "SELECT CURRENT_USER()")
        who = "'" + user.replace("@", "'@'") + "'"
        raise BackupError(
            f"{user} may not see the whole database, so the backup would be partial: sign in as "
            f"mall_backup, "
            f"or GRANT {', '.join(NEEDED)} ON {quote(name)}.* TO {who}"
        )


def _covers(pattern, name):
    parts = re.findall(r"\\.|.", pattern)
    written = "".join({"%": ".*", "_": "."}.get(part, re.escape(part[-1])) for part in parts)
    return re.fullmatch(written, name, re.IGNORECASE) is not None


def _position(opened):
    # MySQL 8.2 on; MariaDB and older
    for query in ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"):
        try:
            rows = ask(opened, query)
        except MySQLdb.ProgrammingError:
            continue
        except MySQLdb.OperationalError as error:
            if error.args[0] not in NO_RIGHT:
                raise
            return "unknown: the user lacks REPLICATION CLIENT (MySQL) or BINLOG MONITOR (MariaDB)"
        return {"file": rows[0][0], "position": rows[0][1]} if rows else "off"
    return "unknown"


def quote(name) -> str:
    """Return a name as SQL takes it."""
    return "`" + name.replace("`", "``") + "`"


def explain(code=0, words="", *_):
    """Return one sentence for an error of the server, with the mend where there is one."""
    from mall.backups.programs import MENDS, TRUST

    mend = TRUST if "SSL" in str(words) or "TLS" in str(words) else MENDS.get(str(code), "")
    if code == 1205:
        mend = "something holds the tables: look at SHOW PROCESSLIST, then try again"
    return f"the database says: {words} ({code})" + (f"; {mend}" if mend else "")
