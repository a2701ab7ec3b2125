"""Points of many members end on one day: give them, let them end, and look at the books."""

import resource
import time
from datetime import datetime, timedelta, timezone

from benchmarks.inside import answer

BATCH = 500


def expire(*, accounts, turn):
    """Return {accounts, seconds, cpu, longest transaction, MiB grown} of one sweep."""
    from points import expiry, ledger, machine

    yesterday = datetime.now(timezone(timedelta(hours=8))).date() - timedelta(days=1)
    ids = _members(accounts, turn)
    ends = machine.Accrue(30, yesterday.isoformat(), "", None)
    stays = machine.Accrue(20, None, "", None)
    _give(ledger, ids, ends, stays)
    memory, batches = [], []

    def note(_swept):
        batches.append(time.perf_counter())
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    began, cpu = time.perf_counter(), time.process_time()
    swept = expiry.expire_due(on_batch=note)
    ended, spent = time.perf_counter(), time.process_time() - cpu
    assert (swept.accounts, swept.points) == (len(ids), 30 * len(ids)), swept
    marks = [began, *batches]
    return {
        "accounts": swept.accounts,
        "seconds": ended - began,
        "cpu": spent,
        "longest": max(after - before for before, after in zip(marks, marks[1:], strict=False)),
        "grown": memory[-1] - memory[min(9, len(memory) - 1)],
    }


def _members(count, turn):
    from django.contrib.auth import get_user_model

    user = get_user_model()
    name = f"expiry{turn}x"
    user.objects.bulk_create(
        [
            user(
                username=f"{name}{n}",
                email=f"{name}{n}@example.com",
                email_canonical=f"{name}{n}@example.com",
                password="!",
            )
            for n in range(count)
        ],
        batch_size=1000,
    )
    return list(
        user.objects.filter(username__startswith=name).order_by("pk").values_list("pk", flat=True)
    )


def _give(ledger, ids, ends, stays):
    """Give a lot that ended yesterday and one that stays, a month ago as the ledger sees it."""
    import importlib

    from django.db import transaction

    try:
        clock = importlib.import_module("mall.core.clock")
    except ModuleNotFoundError:  # a build from before the ground had a room of its own
        clock = importlib.import_module("mall.clock")
    with clock.at(clock.now() - timedelta(days=30)):
        for start in range(0, len(ids), BATCH):
            with transaction.atomic():
                for key, gift in (("bench:ends", ends), ("bench:stays", stays)):
                    ledger.post_many(
                        [
                            ledger.Posting(user_id, gift, key=key)
                            for user_id in ids[start : start + BATCH]
                        ]
                    )


if __name__ == "__main__":
    answer(expire)
