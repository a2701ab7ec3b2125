"""The embedded profile's writers: eight threads redeem from one SQLite file, with the queue in
front of it and without.

Promise: nobody starves; the slowest of a hundred waits a few turns, not seconds.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import ground

THREADS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
ENGINES = {
    "Django's backend": "django.db.backends.sqlite3",
    "the queue": "mall.database.sqlite3",
}


def run(*, rounds=2) -> list:
    """Redeem with both backends in turn, each round on the same file; returns the figures."""
    folder = Path(tempfile.mkdtemp(prefix="bench", dir="/tmp"))
    try:
        members, skus = _open_shop(folder / "mall.sqlite3")
        rows = []
        for number in range(rounds):
            for name, engine in ENGINES.items():
                figures = _rush(engine, members, skus, f"{engine}-{number}")
                rows += [
                    ground.row(f"{name}, round {number + 1}: {what}", value, unit)
                    for what, value, unit in figures
                ]
        _check_books()
        return rows
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open_shop(path):
    sys.path.insert(0, str(ground.ROOT))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "mall.settings.test",
        "MALL_TEST_SQLITE": str(path),
        "MALL_TEST_DATABASE_URL": "",
    }
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.registration import register
    from tests.factories.orders import give_points, virtual_sku

    call_command("migrate", verbosity=0)
    members = [
        register(username=f"b{n}", email=f"b{n}@example.com", password="x" * 12) for n in range(64)
    ]
    for member in members:
        give_points(member, 1_000_000)
    return members, [virtual_sku(points=5, stock=10_000_000) for _ in range(3)]


def _rush(engine, members, skus, name):
    """Let THREADS place orders for SECONDS; returns the rate, the waits and what was refused."""
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    settings.DATABASES["default"]["ENGINE"] = engine
    connections.settings["default"]["ENGINE"] = engine
    taken, refused, spent = [], [], []
    stop = time.monotonic() + SECONDS

    def shopper(number):
        from mall.core.errors import DomainError
        from orders.checkout import place_order

        n, began_cpu = 0, time.thread_time()
        while time.monotonic() < stop:
            n += 1
            member, sku = members[(number + n * THREADS) % len(members)], skus[n % len(skus)]
            began = time.perf_counter()
            try:
                place_order(member, lines=[(sku.pk, 1)], key=f"{name}-{number}-{n}")
                taken.append(time.perf_counter() - began)
            except DomainError as error:
                refused.append(error.code)
        spent.append(time.thread_time() - began_cpu)
        connections.close_all()

    threads = [threading.Thread(target=shopper, args=(number,)) for number in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - began
    taken.sort()
    return [
        ("redemptions a second", len(taken) / lasted, "1/s"),
        ("median", 1000 * taken[len(taken) // 2], "ms"),
        ("slowest of a hundred", 1000 * taken[len(taken) * 99 // 100], "ms"),
        ("slowest", 1000 * taken[-1], "ms"),
        ("refused as busy", len(refused), "orders"),
        ("CPU a redemption", 1000 * sum(spent) / len(taken), "ms"),
    ]


def _check_books():
    from django.db import connections

    from points import reconciliation

    connections.close_all()
    assert reconciliation.verify() == []


if __name__ == "__main__":
    ground.tell(run())
