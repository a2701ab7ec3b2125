"""An earlier shop's orders come in, twice."""

import random
import resource
import tempfile
import time
from datetime import datetime, timedelta

from benchmarks.inside import answer

HEADER = "order_no,ordered_at,customer,sku,product,category,quantity,unit_price,status\n"


def bring_in(*, lines, turn):
    """Return {lines, seconds and CPU of the first time, seconds of the second, MiB}."""
    from marketing.analytics import history

    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        write(file, lines, mark=f"T{turn}")
        began, cpu = time.perf_counter(), time.process_time()
        done = history.import_orders(file.name, on_bad=print)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        began = time.perf_counter()
        again = history.import_orders(file.name, on_bad=print)
        assert (done.refused, again.new, again.refused) == (0, 0, 0), (done, again)
    return {
        "lines": done.rows,
        "seconds": seconds,
        "cpu": cpu,
        "again": time.perf_counter() - began,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def write(file, lines, *, mark):
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
                f"{mark}{order:09},{at},{customer},SKU{sku},Product {sku},category "
                f"{sku % 12},{1 + part},{10 + part}.50,completed\n"
            )
            line += 1
    file.flush()


if __name__ == "__main__":
    answer(bring_in)
