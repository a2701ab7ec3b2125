"""One call to somebody else's server: no proxy, no redirect, no cookie, and an end whatever it
does.
"""

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from mall.core.outside import targets

CONNECT_SECONDS, READ_SECONDS = 1, 5
WHOLE_SECONDS = 8  # for one that answers a byte at a time, and so is never silent
ANSWER_BYTES = 300
AGENT = "PointsMall/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the answer's status (None: no answer, ``said`` is why), how it began,
    after how many milliseconds, and how long the server asks to be left alone.
    """

    status: int | None
    said: str
    took_ms: int
    wait_seconds: int = 0

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, by the name that was typed."""

    def __init__(self, target):
        super().__init__(target.host, target.port, timeout=READ_SECONDS)
        self.target, self.held = target, None

    def connect(self):
        at = (self.target.address, self.target.port)
        self.sock = self.held = socket.create_connection(at, CONNECT_SECONDS)
        self.sock.settimeout(READ_SECONDS)
        if self.target.scheme == "https":
            self.sock = _trust().wrap_socket(self.sock, server_hostname=self.target.host)
            self.held = self.sock


def post(url: str, body: bytes, headers: dict) -> Outcome:
    """Send a body; never raises for what the other side does or does not do."""
    begun = time.monotonic()
    try:
        status, said, wait_seconds = _ask(targets.find(url), body, headers)
    except targets.Unreachable as error:
        status, said, wait_seconds = None, str(error), 0
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, said, wait_seconds = None, _reason(error), 0
    return Outcome(status, said, int((time.monotonic() - begun) * 1000), wait_seconds)


def _ask(target, body, headers):
    connection = _Pinned(target)
    # a server that drips its answer is cut off: each read alone would never be too slow
    alarm = threading.Timer(WHOLE_SECONDS, _cut, [connection])
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", target.path, body, {**headers, **_standing()})
        answer = connection.getresponse()
        return answer.status, _beginning(answer), _wait(answer.headers.get("Retry-After"))
    finally:
        alarm.cancel()
        connection.close()


def _standing():
    return {"User-Agent": AGENT, "Connection": "close"}


def _beginning(answer) -> str:
    """Return how an answer begins; its status is known, so what happens here changes nothing."""
    try:
        return _readable(answer.read1(ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _reason(error)


def _cut(connection):
    """End a call from outside; the answer outlives `connection.sock`, which is gone by then."""
    if connection.held is not None:
        with suppress(OSError):  # it ended by itself in this moment
            socket.socket.shutdown(connection.held, socket.SHUT_RDWR)


@cache
def _trust():
    return ssl.create_default_context()


def _wait(told) -> int:
    """Return the seconds of Retry-After, 0 where it says none (or a date)."""
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 7 else 0


def _readable(said: bytes) -> str:
    text = said.decode("utf-8", errors="replace")
    return "".join(mark if mark.isprintable() else " " for mark in text).strip()


def _reason(error) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"no trust: {getattr(error, 'verify_message', '') or error.reason or error}"[:200]
    return type(error).__name__
