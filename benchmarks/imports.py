"""An earlier shop's orders come in: lines a second and memory, first time and again.

Promise: 10,000 lines a second on 2 cores with flat memory; the same file twice changes nothing.
"""

import os
import random
import tempfile
from datetime import datetime, timedelta
from functools import partial

from benchmarks import ground

HEADER = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status\n"


@ground.standing
def run(*, lines=None) -> list:
    """Import a drawn file twice; returns the figures."""
    from marketing.analytics import history
    from marketing.models import HistoryOrder

    lines = lines or int(os.environ.get("BENCH_LINES", 500_000))
    rows = [ground.row("lines", lines, "rows")]
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        for part, count in (("first tenth", lines // 10), ("whole file", lines)):
            file.seek(0)
            file.truncate()
            write(file, count)
            done, took = ground.timed(
                f"import, {part}", partial(history.import_orders, file.name, on_bad=print)
            )
            rows += [took, ground.row(f"lines a second, {part}", done.rows / took["value"], "1/s")]
            rows.append(ground.row(f"most memory after the {part}", ground.peak_mib(), "MiB"))
        orders = HistoryOrder.objects.count()
        done, took = ground.timed(
            "the same file again", partial(history.import_orders, file.name, on_bad=print)
        )
        assert (done.new, done.refused, HistoryOrder.objects.count()) == (0, 0, orders)
    return [*rows, took, ground.row("lines a second, again", done.rows / took["value"], "1/s")]


def write(file, lines):
    """Write a file of orders with one to three lines, the same each time; the last order is
    whole.
    """
    luck, start, order, line = random.Random(7), datetime(2024, 1, 1), 0, 0
    file.write(HEADER)
    while line < lines:
        order += 1
        at, customer = start + timedelta(minutes=order), f"C{luck.randrange(50_000):06}"
        for part in range(luck.choice((1, 1, 2, 3))):
            sku = luck.randrange(500)
            file.write(
                f"B{order:09},{at},{customer},SKU{sku},Product {sku},category "
                f"{sku % 12},{1 + part},{10 + part}.50,completed\n"
            )
            line += 1
    file.flush()


if __name__ == "__main__":
    ground.tell(run())
