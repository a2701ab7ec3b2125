#!/usr/bin/env bash
# django-redis 7.0.0 with redis-py 8.1.0 and Django 5.2, Debian's redis-server 7.0.15; several
# servers in LOCATION and REPLICA_READ_ONLY = False, so that a write which finds one away goes to
# another.
#
# Most expect the write that found another server to be the write that was asked for. But `set`
# makes milliseconds of its seconds inside the loop over the servers, so each server that is away
# multiplies the time by a thousand: `cache.add("lock", 1, timeout=30)` holds for eight hours with
# one away, and with two for 347 days. A code of one minute is good for a day, a limit per minute
# shuts a member out until tomorrow, and the values outlive the failover that they came with.
# With REPLICA_READ_ONLY left at True the write is refused instead; a Sentinel in front (one
# LOCATION) has no such loop.
#
# Exits 0 as long as it is so, 1 when the behaviour changed, 2 without a server.
set -euo pipefail
command -v redis-server >/dev/null || { echo "no redis-server here" >&2; exit 2; }
work="$(mktemp -d /tmp/away.XXXX)"
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check django-redis==7.0.0 redis==8.1.0 "django>=5.2,<5.3"
redis-server --port 0 --unixsocket "$work/there" --save "" --dir "$work" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 50); do [ -S "$work/there" ] && break; sleep 0.1; done

cat > "$work/try.py" <<'PY'
import sys

import django
from django.conf import settings


def cache_of(*names):
    """Return a cache whose servers are these sockets; somebody listens on ``there`` alone."""
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": [f"unix://{sys.argv[1]}/{name}" for name in names],
        "OPTIONS": {"REPLICA_READ_ONLY": False},
    }


settings.configure(
    CACHES={
        "default": cache_of("there"),
        "one away": cache_of("away", "there"),
        "two away": cache_of("away", "gone", "there"),
    }
)
django.setup()
from django.core.cache import caches  # noqa: E402

found = []
for name in settings.CACHES:
    locks = [f"{name}:{number}" for number in range(40)]
    for lock in locks:
        caches[name].add(lock, 1, timeout=30)
    # of three, which is tried second is drawn by lot: some met both that are away
    left = max(caches["default"].ttl(lock) for lock in locks)
    print(f"{name}: a lock of 30 seconds holds for up to {left} seconds")
    found.append(left)
sys.exit(not all(29 * 1000**n < left <= 30 * 1000**n for n, left in enumerate(found)))
PY
"$work/venv/bin/python" "$work/try.py" "$work"
