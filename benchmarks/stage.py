"""Where the doors are measured: durable MariaDB, Redis, granian with two processes, wrk from
outside, all on this machine.
"""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.services import start_mariadb, start_redis

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8190"))
CONNECTIONS = 32
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def servers():
    """Start the databases and set the environment of the production profile; everything is gone
    afterwards.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench", dir="/tmp"))
    database, redis = start_mariadb(folder, durable=True), start_redis(folder)
    try:
        socket = folder / "db.sock"
        client = shutil.which("mariadb") or shutil.which("mysql")
        create = "CREATE DATABASE mall CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
        subprocess.run(
            [client, "--no-defaults", f"--socket={socket}", "-uroot", "-e", create], check=True
        )
        os.environ.update(_environment(socket, folder / "r.sock"))
        yield database
    finally:
        for server in (database, redis):
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _environment(socket, redis) -> dict:
    keys = {
        name: secrets.token_hex(32)
        for name in ("SECRET_KEY", "FIELD_KEYS", "LEDGER_KEY", "PAYMENT_SECRET", "EVENT_SECRET")
    }
    return keys | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "MALL_PROFILE": "production",
        "DATABASE_URL": f"mysql://root@localhost/mall?unix_socket={socket}",
        "REDIS_URL": f"unix://{redis}?db=0",
        "BROKER_URL": f"redis+socket://{redis}?virtual_host=1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "PAYMENT_PROVIDERS": "",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def web():
    """Serve the mall with two processes of sixteen threads; yields granian's process."""
    where = {"HOST": "127.0.0.1", "PORT": str(PORT), "WEB_THREADS": "16"}
    process = subprocess.Popen(
        [ROOT / "ops" / "serve"], env=os.environ | where, stdout=subprocess.DEVNULL
    )
    try:
        for _try in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("The web processes did not answer within 30 s.")
        yield process
    finally:
        process.terminate()
        process.wait(20)


LOAD = """
local tokens, bodies, turn = {}, {}, 0
function setup(thread) thread:set("id", counter or 0); counter = (counter or 0) + 1 end
function init(args)
  for line in io.lines("%(tokens)s") do table.insert(tokens, line) end
  for line in io.lines("%(bodies)s") do table.insert(bodies, line) end
  math.randomseed(id + 1)
end
function request()
  turn = turn + 1
  local at = turn * 2 + id
  local headers = {["Content-Type"] = "application/json"}
  if #tokens > 0 then headers["Authorization"] = "Bearer " .. tokens[(at %% #tokens) + 1] end
  headers["Idempotency-Key"] = "%(run)s-" .. id .. "-" .. turn
  local body = #bodies > 0 and bodies[math.random(#bodies)] or nil
  return wrk.format("%(method)s", "%(path)s", headers, body)
end
function done(summary, latency, requests)
  local shape = '\\nJSON{"requests":%%d,"refused":%%d,"lost":%%d,"micros":%%d,'
    .. '"p50":%%d,"p95":%%d,"p99":%%d}\\n'
  io.write(string.format(shape, summary.requests,
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write
      + summary.errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""


def load(path, *, processes, method="GET", tokens=(), bodies=(), seconds=SECONDS) -> dict:
    """Knock with CONNECTIONS for some seconds; returns ok/s, milliseconds, refusals, CPU ms per
    request by process.

    Each connection walks through ``tokens`` in turn and draws a body.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = {"path": path, "method": method, "run": secrets.token_hex(4)}
        for name, lines in (("tokens", tokens), ("bodies", bodies)):
            written[name] = str(Path(folder) / name)
            Path(written[name]).write_text("".join(f"{line}\n" for line in lines))
        script = Path(folder) / "load.lua"
        script.write_text(LOAD % written)
        before = {name: _cpu_seconds(process) for name, process in processes.items()}
        command = [
            "wrk",
            "-t2",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            "20s",
            "-s",
            script,
            f"http://127.0.0.1:{PORT}",
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        spent = {name: _cpu_seconds(process) - before[name] for name, process in processes.items()}
    found = json.loads(told.rpartition("JSON")[2])
    answered = max(found["requests"], 1)
    return {
        "ok_per_second": (found["requests"] - found["refused"]) / (found["micros"] / 1e6),
        "p50": found["p50"] / 1000,
        "p95": found["p95"] / 1000,
        "p99": found["p99"] / 1000,
        "errors": found["refused"] + found["lost"],
        "cpu_ms": {name: 1000 * seconds / answered for name, seconds in spent.items()},
    }


def _cpu_seconds(process) -> float:
    """Return what a process and its children have used so far."""
    found, waiting = 0, [process.pid]
    while waiting:
        pid = waiting.pop()
        try:
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found += int(ticks[11]) + int(ticks[12])
            waiting += [
                int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            ]
        except OSError:
            continue
    return found / CLOCK_TICKS
