"""Points of many members end on one day: the sweep's pace, its longest transaction and its memory.

Promise: 200,000 accounts, flat memory, no transaction over 0.5 s, and books that close afterwards.
"""

import os
import time
from datetime import timedelta

from benchmarks import ground

BATCH = 500


@ground.standing
def run(*, accounts=None) -> list:
    """Give every member points of last month, let them end today; returns the figures."""
    from django.db import transaction

    from accounts.models import User
    from benchmarks import load
    from mall.core import clock
    from points import expiry, ledger, machine, reconciliation

    accounts = accounts or int(os.environ.get("BENCH_ACCOUNTS", 200_000))
    if not User.objects.filter(pk__gt=1_000_000).exists():
        load.fill(members=accounts, orders=0, visits=0)
    ids = list(
        User.objects.filter(pk__gt=1_000_000).order_by("pk").values_list("pk", flat=True)[:accounts]
    )
    yesterday = clock.today() - timedelta(days=1)

    def give():
        grant = machine.Accrue(30, yesterday.isoformat(), "", None)
        keep = machine.Accrue(20, None, "", None)
        for start in range(0, len(ids), BATCH):
            with transaction.atomic():
                for key, command in (("bench:ends", grant), ("bench:stays", keep)):
                    ledger.post_many(
                        [
                            ledger.Posting(user_id, command, key=key)
                            for user_id in ids[start : start + BATCH]
                        ]
                    )

    with clock.at(clock.start_of(yesterday - timedelta(days=30))):
        given = ground.timed("giving points (two entries each)", give)[1]
    lengths, memory, sweep = [], [], expiry._sweep_batch

    def timed_sweep(batch, as_of):
        began = time.perf_counter()
        entries = sweep(batch, as_of)
        lengths.append(time.perf_counter() - began)
        memory.append(ground.peak_mib())
        return entries

    expiry._sweep_batch = timed_sweep
    try:
        swept, took = ground.timed("expiry of all accounts", expiry.expire_due)
    finally:
        expiry._sweep_batch = sweep
    again, idle = ground.timed("expiry once more: nothing is due", expiry.expire_due)
    assert (swept.accounts, swept.points, again.accounts) == (len(ids), 30 * len(ids), 0)
    findings, verified = ground.timed("verify_ledger", reconciliation.verify)
    assert findings == []
    lengths.sort()
    return [
        ground.row("accounts", len(ids), "rows"), given, took,
        ground.row("accounts expired a second", len(ids) / took["value"], "1/s"),
        ground.row("transaction, median", lengths[len(lengths) // 2], "s"),
        ground.row("transaction, longest", lengths[-1], "s"),
        ground.row("memory grown from the tenth batch to the "
            "last", memory[-1] - memory[min(9, len(memory) - 1)], "MiB"),
        idle, verified,
    ]  # fmt: skip


if __name__ == "__main__":
    ground.tell(run())
