"""The load: wrk in a process of its own, a script of lua/ telling it what to ask."""

import json
import os
import secrets
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import processes

SCRIPTS = Path(__file__).resolve().parent / "lua"
PATIENCE = "20s"


@dataclass(frozen=True)
class Request:
    """What is asked again and again: by ``callers`` in turn (whole header lines), a body drawn from
    ``bodies`` ({n} in it is new each time), ``expected`` when a refusal is the right answer.
    """

    method: str
    path: str
    callers: tuple = ()
    bodies: tuple = ()
    expected: int = 200
    script: str = "knock"
    more: tuple = ()  # (name, value) for the script's environment

    def by(self, callers):
        """The same by other members."""
        return replace(self, callers=tuple(callers))


def load(url, request, *, seconds, connections, watched) -> dict:
    """Knock for some seconds; return ok/s, milliseconds, errors and CPU ms per request of each
    process in ``watched`` (name -> process).
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = _written(request, Path(folder), connections)
        threads = connections if request.script == "pay" else 2
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
        command += ["--timeout", PATIENCE, "-s", SCRIPTS / f"{request.script}.lua", url]
        before = {name: processes.cpu_of_each(one) for name, one in watched.items()}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        spent = {
            name: processes.cpu_between(before[name], processes.cpu_of_each(one))
            for name, one in watched.items()
        }
    if done.returncode or "JSON" not in done.stdout:
        raise SystemExit(f"wrk failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    found = json.loads(done.stdout.rpartition("JSON")[2])
    asked = max(found["requests"], 1)
    return {
        "ok_per_second": found["right"] / (found["micros"] / 1e6),
        **{cut: found[cut] / 1000 for cut in ("p50", "p95", "p99")},
        "errors": found["requests"] - found["right"] + found["lost"],
        "said": " ".join([done.stderr[-300:], *_endings(spent)]),
        "cpu_ms": {name: 1000 * used / asked for name, (used, _ended) in spent.items()},
    }


def _endings(spent) -> list[str]:
    """Say which processes ended under the load: the figure is none then, and what was in their
    hands is among the errors.
    """
    return [
        f"Process {pid} of {name} ended during this round."
        for name, (_used, ended) in spent.items()
        for pid in ended
    ]


def _written(request, folder, connections):
    for name, lines in (("callers", request.callers), ("bodies", request.bodies)):
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return os.environ | {
        "BENCH_METHOD": request.method,
        "BENCH_PATH": request.path,
        "BENCH_EXPECTED": str(request.expected),
        "BENCH_CONNECTIONS": str(connections),
        "BENCH_RUN": secrets.token_hex(4),
        "BENCH_CALLERS": str(folder / "callers"),
        "BENCH_BODIES": str(folder / "bodies"),
        **dict(request.more),
    }
