"""A process with all its children: what they used, and signals to all of them (Linux)."""

import os
import time
from contextlib import suppress
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
LOOK_SECONDS = 0.2
RESTING = 0.1  # of a core
PATIENCE_SECONDS = 5


def family(process) -> list[int]:
    """Return the ids of a process and everything it started, parents first."""
    found, waiting = [], [process.pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for thread in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):
                waiting += [int(child) for child in thread.read_text().split()]
    return found


def cpu_seconds(process) -> float:
    """Return what a process and its children have used so far."""
    return sum(cpu_of_each(process).values())


def cpu_of_each(process) -> dict[int, float]:
    """Return the same of each of them, by id."""
    used = {}
    for pid in family(process):
        with suppress(OSError):
            told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used[pid] = (int(told[11]) + int(told[12])) / CLOCK_TICKS
    return used


def cpu_between(before: dict, after: dict) -> tuple[float, list[int]]:
    """Return the seconds used between two readings of ``cpu_of_each``, and who ended meanwhile:
    what those used is not known.
    """
    used = sum(seconds - before.get(pid, 0) for pid, seconds in after.items())
    return used, sorted(before.keys() - after.keys())


def signal_all(process, number):
    """Send a signal to all of them."""
    for pid in family(process):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_for_rest(process):
    """Wait until a process has nothing in hand, so that it is not stopped with a row locked; a busy
    one is waited for PATIENCE_SECONDS.
    """
    until, before = time.monotonic() + PATIENCE_SECONDS, cpu_seconds(process)
    while time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        now = cpu_seconds(process)
        if now - before <= RESTING * LOOK_SECONDS:
            return
        before = now
