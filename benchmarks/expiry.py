"""Points of many members end on one day: accounts a second of one process, the longest transaction,
the memory.

Promise: flat memory, no transaction over half a second, and books that close.
"""

from benchmarks.figures import door, figure
from benchmarks.stage import NOW


def run(stage) -> list[dict]:
    """Return the door and the promise's figures."""
    found = stage.take_turns("benchmarks.inside.expiry", accounts=stage.size.accounts)
    verified = stage.verify()
    pace = {side: one["accounts"] / one["seconds"] for side, one in found.items()}
    cpu = {side: round(1e6 * one["cpu"] / one["accounts"]) for side, one in found.items()}
    return [
        door("expiry of accounts", pace, "accounts/s", cpu_us={**cpu}),
        figure("verify_ledger of all accounts", verified, "s"),
        figure("expiry: longest batch", found[NOW]["longest"], "s"),
        figure("expiry: memory grown after ten batches", found[NOW]["grown"], "MiB"),
    ]
