"""Processes a test started, as Linux tells of them in /proc: any of them may end while it is
read.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

# Gone before the file was opened; gone between opening and reading it.
ENDED = (FileNotFoundError, ProcessLookupError)
GOODBYE_SECONDS = 20


def children(pid) -> set[int]:
    """Return the process ids below a process, whichever of its threads started them."""
    found = set()
    for task in _listed(f"/proc/{pid}/task"):
        with suppress(*ENDED):
            found.update(int(child) for child in (task / "children").read_text().split())
    return found


def command_of(pid) -> str:
    """Return the command line of a process; of one that ended, nothing."""
    with suppress(*ENDED):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def open_files(pid) -> set[str]:
    """Return what a process holds open; of one that ended, nothing."""
    found = set()
    for file in _listed(f"/proc/{pid}/fd"):
        with suppress(*ENDED):
            found.add(os.readlink(file))
    return found


def _listed(folder):
    with suppress(*ENDED):
        return list(Path(folder).iterdir())
    return []


def end(*processes):
    """Ask all to stop, and kill those that do not in time: a test's end waits for nobody."""
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
