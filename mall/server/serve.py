"""Serve the shop as production does: granian, on a port that belongs to this shop alone
(ops/serve).
"""

import os
import sys

from mall.server import address, memory

COUNTS = {"WEB_PROCESSES": 2, "WEB_THREADS": 8}
# For requests in flight when the shop closes: longer than any answer takes, and a long export too.
STOP_SECONDS = 30


def command(host, port, *more) -> list[str]:
    """Return granian's command line. Raises: SystemExit with one sentence when a count is none."""
    processes, threads = (_count(name, default) for name, default in COUNTS.items())
    words = [
        "--interface",
        "wsgi",
        "--no-ws",
        "--host",
        host,
        "--port",
        port,
        "--workers",
        processes,
        "--blocking-threads",
        threads,
    ]
    words += [
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        STOP_SECONDS,
        *more,
        "mall.wsgi:application",
    ]
    return ["granian", *map(str, words)]


def _count(name, default) -> int:
    told = os.environ.get(name) or str(default)
    if not (told.isascii() and told.isdigit() and 0 < int(told) < 1000):
        raise SystemExit(f"{name}={told!r} is no number of them: use one from 1 to 999.")
    return int(told)


def main():
    """Become granian, with its options from the command line after ours."""
    host, port = address.wanted(by_default="0.0.0.0")  # noqa: S104 - a container's own address
    words = command(host, port, *sys.argv[1:])
    held = address.hold(host, port, again="./ops/serve")
    address.hand_over(held)  # and kept: granian inherits it
    memory.ask_for_large_pages()
    os.execvp(words[0], words)


if __name__ == "__main__":
    main()
