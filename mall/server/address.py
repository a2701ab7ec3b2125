"""Where a shop listens: HOST and PORT, and the port held for one shop before it can listen.

Granian binds with SO_REUSEPORT, so two shops may listen at one address and visitors get the one or
the other. Nobody notices, for both start without a complaint: granian 2.8.7 on Linux.
"""

import errno
import ipaddress
import os
import socket
import sys

PORTS_TRIED = 20
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
MENDS = {
    errno.EADDRINUSE: "Choose another: PORT={other} {again}",
    errno.EACCES: "Ports below 1024 are root's; choose another: PORT={other} {again}",
}
ELSEWHERE = "Use an address of this machine, for instance HOST=127.0.0.1"


def wanted(*, by_default="127.0.0.1") -> tuple[str, int]:
    """Return the IP address and the port of HOST and PORT. Raises: SystemExit with one sentence
    when there is no such address.
    """
    host, port = (
        (os.environ.get("HOST") or by_default).strip("[]"),
        os.environ.get("PORT") or "8000",
    )
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SystemExit(f"PORT={port!r} is no port: use a number from 1 to 65535.")
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SystemExit(
            f"HOST={host!r} is no address ({getattr(error, 'strerror', None) or error}). "
            f"{ELSEWHERE}"
        ) from None
    # A name may have several; what reads "localhost" tries the older kind as well.
    return min(found, key=lambda one: one[0] != socket.AF_INET)[4][:2]


def hold(host, port, *, again="./scripts/run") -> socket.socket:
    """Keep the port for this process while it prepares and serves; the socket does not listen.
    ``again``: how to try again.

    Raises: SystemExit with one sentence when it is another's.
    """
    try:
        held = _bind(host, port)
    except OSError as error:
        mend = MENDS.get(error.errno, ELSEWHERE).format(other=_free_port(host, port), again=again)
        raise SystemExit(
            f"Cannot listen on {shown(host)}:{port} ({error.strerror}). {mend}"
        ) from None
    return held


def hand_over(held):
    """Let granian listen. Linux lets a socket that shares bind beside the held one; elsewhere the
    hold ends here.
    """
    if sys.platform == "linux":
        held.set_inheritable(True)  # by a program this process becomes
    else:
        held.close()


def shown(host) -> str:
    """Return the address as a URL writes it."""
    return f"[{host}]" if ":" in host else host


def is_open_to_others(host) -> bool:
    """Whether another machine may reach it."""
    return not ipaddress.ip_address(host.partition("%")[0]).is_loopback


def _bind(host, port):
    tried = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # past connections of a shop that closed a moment ago
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind((host, port))
        tried.listen(1)  # of two that bound so, Linux lets one listen
        # Had alone, and only now shared: with granian's sockets, which share too, and with nobody
        # else's _bind().
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if sys.platform == "linux":
            # no longer listening, still bound: visitors are granian's
            tried.shutdown(socket.SHUT_RD)
    except OSError:
        tried.close()
        raise
    return tried


def _free_port(host, port) -> int:
    """Return the next port that nobody has, a likely one when there is none near."""
    start = port + 1 if port >= 1024 else 8000
    for other in range(start, min(start + PORTS_TRIED, 65536)):
        try:
            _bind(host, other).close()
        except OSError:
            continue
        return other
    return 8000
