"""Reports over a large shop: counting the days, and every dashboard page from what was counted.

Promise: 200,000 members and 1,000,000 orders, each page under 500 ms.
"""

import os
import statistics
import sys
from functools import partial

from benchmarks import ground

TRIES = 7


@ground.standing
def run(*, members=None, orders=None) -> list:
    """Fill, count, open every page; returns the figures."""
    from tqdm import tqdm

    from benchmarks import load
    from mall.core import clock
    from marketing.analytics import retention, rollup, snapshots

    members = members or int(os.environ.get("BENCH_MEMBERS", 200_000))
    orders = orders or int(os.environ.get("BENCH_ORDERS", 1_000_000))
    bar = partial(tqdm, disable=not sys.stderr.isatty(), leave=False)
    fill = partial(load.fill, members=members, orders=orders, visits=members * 8, progress=bar)
    rows = [ground.row("members", members, "rows"), ground.row("orders", orders, "rows")]
    rows.append(ground.timed("filling the shop", fill)[1])
    first = clock.today() - load.timedelta(days=365)
    every_day = {first + load.timedelta(days=n) for n in range(366)}
    rows.append(
        ground.timed("roll-up of 366 days", partial(rollup.rebuild, every_day, progress=bar))[1]
    )
    rows.append(ground.timed("cohorts and repurchase (one walk)", snapshots.refresh)[1])
    rows.append(ground.timed("the hourly count of two days", rollup.roll_up_recent)[1])
    rows.append(
        ground.timed(
            "retention report of a past day",
            partial(retention.walk, clock.today() - load.timedelta(days=30)),
        )[1]
    )
    rows.append(ground.row("most memory", ground.peak_mib(), "MiB"))
    return rows + _pages()


def _pages():
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from marketing.analytics import reports

    reader = User.objects.create(
        username="bench-reader", email="reader@example.com", is_staff=True, is_superuser=True
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    pages = {"start page": reverse("admin:index")}
    pages |= {f"page {name}": reverse("report", args=[name]) for name in reports.REPORTS}
    figures = []
    for name, address in pages.items():
        for days in (30, 90):
            times = []
            for _try in range(TRIES):
                answer, figure = ground.timed(
                    name, partial(client.get, address, {"days": days}), unit="ms", scale=1000
                )
                assert answer.status_code == 200, (name, answer.status_code)
                times.append(figure["value"])
            figures.append(
                ground.row(f"{name}, {days} days, median", statistics.median(times), "ms")
            )
            figures.append(ground.row(f"{name}, {days} days, slowest", max(times), "ms"))
    return figures


if __name__ == "__main__":
    ground.tell(run())
