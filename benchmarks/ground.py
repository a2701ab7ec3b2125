"""The ground every benchmark stands on: a private MariaDB with durable commits, migrated, and
nothing else on it.
"""

import contextlib
import os
import resource
import shutil
import sys
import tempfile
import time
from functools import wraps
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024


@contextlib.contextmanager
def shop():
    """Start the server, set Django up on it, migrate; everything is gone afterwards.
    BENCH_DATABASE_URL names a ready one instead.
    """
    sys.path.insert(0, str(ROOT))
    from tests.services import start_mariadb

    folder, server = Path(tempfile.mkdtemp(prefix="bench", dir="/tmp")), None
    try:
        url = os.environ.get("BENCH_DATABASE_URL")
        if not url:
            server = start_mariadb(folder, durable=True)
            url = server.url
            _make_database(url)
        # The settings of the tests: the only ones beside production's that take a MariaDB. Debug is
        # off, statements are not kept.
        os.environ["MALL_TEST_DATABASE_URL"] = url
        os.environ["DJANGO_SETTINGS_MODULE"] = "mall.settings.test"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield folder
    finally:
        if server is not None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _make_database(url):
    import MySQLdb

    socket = url.partition("unix_socket=")[2]
    with contextlib.closing(MySQLdb.connect(unix_socket=socket, user="root")) as server:
        server.cursor().execute("CREATE DATABASE mall CHARACTER SET utf8mb4")


def row(name, value, unit):
    """Return one figure as every benchmark gives it."""
    return {"name": name, "value": round(value, 3), "unit": unit}


def timed(name, act, *, unit="s", scale=1.0):
    """Run an act once; returns (what it returned, its figure)."""
    began = time.perf_counter()
    result = act()
    return result, row(name, (time.perf_counter() - began) * scale, unit)


def peak_mib() -> float:
    """Return the most memory this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tell(rows):
    """Print figures, one line each."""
    for figure in rows:
        print(f"{figure['name']:<58} {figure['value']:>14,.3f} {figure['unit']}")


def standing(run):
    """Give a benchmark's ``run`` a shop of its own to stand in."""

    @wraps(run)
    def run_in_shop(**options):
        with shop():
            return run(**options)

    return run_in_shop
