"""Measure what the mall promises and write RESULTS.md: `python -m benchmarks [part …]`.

--tiny: only see that the parts work, write nothing. --note TEXT: a word beside the figures.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks import figures, page, stage

HERE = Path(__file__).resolve().parent
KEPT = HERE / "results.json"
# On the stage, in this order: what writes much comes late, what leaves a shelf without books last.
ON_STAGE = ("browse", "books", "checkin", "redeem", "mixed", "home", "entrance", "durable")
ON_STAGE += ("driver", "sqlite", "expiry", "imports", "mails", "shelves")
OFFICE = "office"
MARK = "ROWS"


def main():
    """Run what was named, or everything; a part that fails ends the run with its own words."""
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers end with us
    if asked.one:
        sys.stdout.write(MARK + json.dumps(import_module(f"benchmarks.{asked.one}").run()) + "\n")
        return
    there = [*ON_STAGE, *alone()]
    # others that stand alone take their time and have no target: only when named
    with_targets = {*ON_STAGE, OFFICE}
    names = [name for name in there if name in (asked.parts or with_targets)]
    if unknown := set(asked.parts) - set(names):
        raise SystemExit(f"There is no part {', '.join(unknown)}; there are {', '.join(there)}.")
    found = {}
    with stage.standing(stage.TINY if asked.tiny else stage.Size()) as place:
        for name in names:
            sys.stderr.write(f"== {name}\n")
            rows = _measured(name, place)
            found[name] = {**_circumstances(name), "note": asked.note, "rows": rows}
            sys.stderr.write(page.told({name: found[name]}) + "\n")
            if not asked.tiny:
                _keep(found)
    sys.stdout.write(page.told(found) + "\n")


def alone() -> list[str]:
    """Return the parts that stand on their own ground, each in a process of its own."""
    files = [path for path in HERE.glob("*.py") if path.stem not in ON_STAGE]
    return sorted(path.stem for path in files if "\ndef run(" in path.read_text())


def _asked():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--note", default="")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measured(name, place) -> list[dict]:
    if name in ON_STAGE:
        return import_module(f"benchmarks.{name}").run(place)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--one", name],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        env={"BENCH_ORDERS": str(place.size.orders), **os.environ},
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}")
    rows = json.loads(done.stdout.rpartition(MARK)[2])
    return [*rows, figures.slowest(rows)] if name == OFFICE else rows


def _keep(found):
    """Put these parts beside those of earlier runs, in results.json and RESULTS.md."""
    earlier = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    told = json.dumps(earlier | found, ensure_ascii=False, indent=1, sort_keys=True)
    KEPT.write_text(told + "\n")
    # as read anew, so that a part that was not measured stands where and as it stood
    (HERE / "RESULTS.md").write_text(page.page(json.loads(told)))


def _circumstances(name) -> dict:
    return {
        "command": f"python -m benchmarks {name}",
        "commit": _commit("HEAD"),
        "base": _commit(stage.BASE),
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cores()} cores, {_memory_gib()} GiB, Python {platform.python_version()}",
    }


def _commit(name) -> str:
    asked = ["git", "rev-parse", "--short", f"{name}^{{commit}}"]
    return subprocess.run(asked, capture_output=True, text=True, cwd=HERE).stdout.strip()


def _cores():
    return len(os.sched_getaffinity(0))


def _memory_gib():
    return round(int(Path("/proc/meminfo").read_text().split()[1]) / 2**20)


if __name__ == "__main__":
    main()
