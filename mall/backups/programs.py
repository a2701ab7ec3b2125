"""The client programs of MariaDB and MySQL, signed in and protected exactly as the shop's own
connection.
"""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from mall.backups import BackupError

TRUST = (
    "say in the URL how far to trust the server: ?ssl_ca=/path/ca.pem (its certificate was made "
    "by this authority), "
    "?ssl_mode=REQUIRED (encrypted, whoever it is) or ?ssl_mode=DISABLED (within one machine only)"
)
MENDS = {
    "1045": "is the user's name and password in the URL right, or does the server take encrypted "
    "links only (?ssl_mode=REQUIRED)?",
    "1044": "the user lacks rights on the database",
    "1142": "the user lacks rights on a table",
    "1227": "this needs an administrator: sign in as one who may, or drop what another user "
    "defined (triggers, views)",
    "1273": "this server does not know a collation of the backup: restore into the kind of server "
    "its MANIFEST names, or a newer one",
    "2002": "is the server up, and the host or socket of the URL right?",
    "2003": "is the server up, and the host and port of the URL right?",
    "2005": "is the host of the URL right?",
    "2026": TRUST,
    "2059": "the client programs lack the sign-in plugin of this server: install a newer "
    "libmariadb3 or MySQL's own client",
    "3159": "the server takes encrypted links only: ?ssl_mode=REQUIRED in the URL, or "
    "?ssl_ca=/path/ca.pem",
    "2061": "this user's password goes over an encrypted link or a socket only: add "
    "?ssl_mode=REQUIRED to the URL",
}


class Program:
    """One client program: where it is and whose it is."""

    def __init__(self, *names):
        self.path = next((found for name in names if (found := shutil.which(name))), None)
        if self.path is None:
            raise BackupError(
                f"none of {', '.join(names)} is installed: the client programs of MariaDB or "
                f"MySQL are needed"
            )
        asked = subprocess.run(
            [self.path, "--no-defaults", "--version"],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if asked.returncode:
            raise BackupError(f"{self.path} does not run: {_first_line(asked.stderr)}")
        self.version = asked.stdout.strip().removeprefix(f"{self.path} ")
        # mariadb-binlog does not say whose it is; Debian's mysqldump is a link to mariadb-dump.
        self.is_mariadb = "mariadb" in f"{os.path.realpath(self.path)} {self.version}".lower()


@contextmanager
def running(program, config, *arguments, **streams):
    """Run a client program on a DATABASES entry, or on none; yields its process and waits for its
    end.

    Raises: BackupError with the program's own last words and the mend when it does not end well.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mall") as folder,
        open(f"{folder}/words", "w+b") as words,
    ):
        options = Path(folder) / "options"
        options.touch(mode=0o600)
        lines = option_lines(config, program.is_mariadb) if config else []
        options.write_text("\n".join(["[client]", *lines, ""]), encoding="utf-8")
        # Only these options: a file of the machine could leave tables out. No password of the
        # environment either.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MYSQL_")}
        command = [program.path, f"--defaults-file={options}", *arguments]
        process = subprocess.Popen(
            command,
            stderr=words,
            env={**kept, "MYSQL_TEST_LOGIN_FILE": os.devnull, "TZ": "UTC"},
            **streams,
        )
        try:
            with suppress(BrokenPipeError):  # a program that went away says why
                yield process
                if process.stdin:
                    process.stdin.close()
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            with suppress(BrokenPipeError):
                for stream in filter(None, (process.stdin, process.stdout)):
                    stream.close()
        if code:
            words.seek(0)
            raise BackupError(_explain(program, code, words.read().decode(errors="replace")))


def option_lines(config, is_mariadb):
    """Yield the lines of an option file for a DATABASES entry: who, where, and how far the server
    is trusted.
    """
    options = config.get("OPTIONS", {})
    yield f"user={quoted(config.get('USER') or 'root')}"
    if config.get("PASSWORD"):
        yield f"password={quoted(config['PASSWORD'])}"
    host = config.get("HOST") or "localhost"
    if socket := options.get("unix_socket") or (host if host.startswith("/") else ""):
        yield f"socket={quoted(socket)}"
    else:
        yield f"host={quoted(host)}"
        yield f"port={config.get('PORT') or 3306}"
    for name, value in (options.get("ssl") or {}).items():
        yield f"ssl-{name}={quoted(value)}"
    mode = options.get("ssl_mode", "PREFERRED")  # mysqlclient's own default, with either library
    if not is_mariadb:
        yield f"ssl-mode={mode}"
    elif mode == "DISABLED":
        yield "skip-ssl"
    elif mode in ("PREFERRED", "REQUIRED"):
        # MariaDB 11.4 verifies unless told otherwise; the shop's own connection does not.
        yield from ["skip-ssl-verify-server-cert", *(["ssl"] if mode == "REQUIRED" else [])]
    else:
        yield from ["ssl", "ssl-verify-server-cert"]


def quoted(value) -> str:
    r"""Return a value as option files take it: backslash, quote, # and line end are part of it."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(letter, letter) for letter in str(value)) + '"'


def _explain(program, code, words) -> str:
    told = [
        line
        for line in words.splitlines()
        if line.strip() and not line.upper().startswith(("WARNING", "MYSQL: [WARNING"))
    ]
    line = next(
        (line for line in told if re.search(r"error", line, re.IGNORECASE)),
        told[-1] if told else "",
    )
    if not line:
        line = f"it was killed (signal {-code})" if code < 0 else f"it ended with code {code}"
    number = re.search(r"(?:ERROR |error: )(\d{4})|\((\d{4})\)\s*$", line)
    mend = MENDS.get(next(filter(None, number.groups())), "") if number else ""
    if re.search(r"\b(TLS|SSL)\b", line):
        mend = TRUST
    return f"{Path(program.path).name}: {line.strip()}" + (f"; {mend}" if mend else "")


def _first_line(words) -> str:
    return (words.strip().splitlines() or ["no word why"])[0]
