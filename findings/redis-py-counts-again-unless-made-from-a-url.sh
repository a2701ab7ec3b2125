#!/usr/bin/env bash
# redis-py 8.1.0 (so since 6.0), Debian's redis-server 7.0.15.
#
# A counter (a limit, the pieces of a sale) is raised by INCR while Redis stands still for three
# seconds; the client waits half a second for an answer. Most expect TimeoutError and, of one INCR,
# one count at the most. redis.Redis(…) since 6.0 sends a command again up to three times when its
# answer did not come in time, whatever the command does; a server that was slow has them all
# before it and carries all of them out: the first visitor is told that two, three or four have
# been there. Also a MULTI … EXEC of a pipeline is sent again as a whole. redis.Redis.from_url(…)
# with the same server and the same options, and Redis(connection_pool=…), send once and raise:
# the default belongs to one of the three ways to make a client. `retry=Retry(NoBackoff(), 0)`
# makes them alike.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
command -v redis-server >/dev/null || { echo "no redis-server here" >&2; exit 2; }
work="$(mktemp -d /tmp/count.XXXX)"
server=
trap '[ -z "$server" ] || { kill -CONT "$server"; kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check redis==8.1.0
redis-server --port 0 --unixsocket "$work/s" --save "" --dir "$work" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 50); do [ -S "$work/s" ] && break; sleep 0.1; done

cat > "$work/try.py" <<'PY'
import os
import signal
import sys
import threading

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

path, server = sys.argv[1], int(sys.argv[2])


def pipelined(client):
    with client.pipeline() as together:
        return together.incr("visitors").expire("visitors", 60).execute()[0]


def counted(name, client, raised=lambda client: client.incr("visitors")):
    """Return how often one INCR was carried out by a server that stood still meanwhile."""
    client.set("visitors", 0)
    os.kill(server, signal.SIGSTOP)
    wakes = threading.Timer(3, os.kill, [server, signal.SIGCONT])
    wakes.start()
    try:
        told = raised(client)
    except redis.TimeoutError as error:
        told = type(error).__name__
    wakes.join()
    with redis.Redis(unix_socket_path=path) as after:
        count = int(after.get("visitors"))
    print(f"{name}: the caller is told {told}, the counter stands at {count}")
    return count


options = {"socket_timeout": 0.5}
once = Retry(NoBackoff(), 0)
by_name = [
    counted("Redis(…)", redis.Redis(unix_socket_path=path, **options)),
    counted("Redis(…), pipeline", redis.Redis(unix_socket_path=path, **options), pipelined),
]
others = [
    counted("Redis.from_url(…)", redis.Redis.from_url(f"unix://{path}", **options)),
    counted("Redis(…, retry=none)", redis.Redis(unix_socket_path=path, retry=once, **options)),
]
sys.exit(not (min(by_name) > 1 and set(others) == {1}))
PY
"$work/venv/bin/python" "$work/try.py" "$work/s" "$server"
