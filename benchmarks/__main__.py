"""Run the benchmarks and write RESULTS.md: `python -m benchmarks [name …]`, each in a process of
its own.
"""

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALL = ("doors", "reports", "expiry", "imports")
MARK = "ROWS"


def main():
    """Run what was named, or everything; a part that fails ends the run with its own words."""
    names = sys.argv[1:] or list(ALL)
    if names[0] == "--one":
        sys.stdout.write(
            MARK
            + json.dumps(import_module(f"benchmarks.{names[1]}").run(), ensure_ascii=False)
            + "\n"
        )
        return
    kept = HERE / "results.json"
    results = json.loads(kept.read_text()) if kept.exists() else {}
    for name in names:
        sys.stderr.write(f"== {name}\n")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--one", name],
            cwd=HERE.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}")
        results[name] = {
            **_circumstances(name),
            "rows": json.loads(done.stdout.rpartition(MARK)[2]),
        }
    kept.write_text(json.dumps(results, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    (HERE / "RESULTS.md").write_text(_page(results))


def _circumstances(name) -> dict:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=HERE
    ).stdout.strip()
    return {
        "command": f"python -m benchmarks {name}",
        "commit": commit,
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cores()} cores, {_memory_gib()} GiB, Python {platform.python_version()}",
    }


def _cores():
    import os

    return len(os.sched_getaffinity(0))


def _memory_gib():
    return round(int(Path("/proc/meminfo").read_text().split()[1]) / 2**20)


def _page(results) -> str:
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Only ratios within one run travel from one machine to another.",
        "",
    ]
    for name, found in results.items():
        parts += [
            f"## {name}",
            "",
            f"`{found['command']}` · {found['at']} · commit {found['commit']} · {found['machine']}",
            "",
        ]
        parts += ["| what | value | unit |", "|---|---:|---|"]
        parts += [
            f"| {row['name']} | {row['value']:,} | {row['unit']} |" for row in found["rows"]
        ] + [""]
    return "\n".join(parts)


main()
