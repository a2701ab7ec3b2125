"""What every test needs that serves the shop by its real command: a free port, and production's
environment.
"""

import os
import socket
import sys
from pathlib import Path

from tests.mall.test_production import GOOD

TOKEN = "token-of-the-watcher"


def free_port() -> int:
    """Return a port of this machine that nobody holds now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def production_environment(database_url: str, redis_url: str, port: int, **more) -> dict:
    """Return the environment of a web process, worker or beat; the broker is the cache's Redis, one
    database on.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALL_", "DJANGO_", "PYTEST_"))
    }
    redis, _, number = redis_url.removeprefix("unix://").partition("?db=")
    return kept | GOOD | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "REDIS_URL": f"unix://{redis}?db={number or 0}",
        "BROKER_URL": f"redis+socket://{redis}?virtual_host={int(number or 0) + 1}",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "METRICS_TOKEN": TOKEN,
        **more,
    }  # fmt: skip
