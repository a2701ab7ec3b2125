"""What goods say about others, counted over a large shop by the nightly job: CPU and memory.

Promise: 20,000 members with 50 of 10,000 goods each in at most 60 s and 600 MB.
"""

import json
import os
import subprocess
import sys
from functools import partial

from benchmarks import ground

COUNT = """
import django, json, resource, time
django.setup()
from marketing.recommendations import nightly
began = time.process_time()
pairs = nightly.refresh()
used = resource.getrusage(resource.RUSAGE_SELF)
told = {"pairs": pairs, "cpu": time.process_time() - began, "mib": used.ru_maxrss / 1024}
print(json.dumps(told))
"""


@ground.standing
def run(*, members=None, goods=None, lines=50) -> list:
    """Fill, count in a process of its own; returns the figures."""
    members = members or int(os.environ.get("BENCH_BUYERS", 20_000))
    goods = goods or int(os.environ.get("BENCH_GOODS", 10_000))
    _made, filling = ground.timed("filling the shop", partial(fill, members, goods, lines))
    done = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=ground.ROOT, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    return [
        ground.row("members", members, "rows"),
        ground.row("goods", goods, "rows"),
        ground.row("lines of each", lines, "rows"),
        filling,
        ground.row("the nightly count", told["cpu"], "CPU s"),
        ground.row("the nightly count, most memory", told["mib"], "MiB"),
        ground.row("pairs kept", told["pairs"], "rows"),
    ]


def fill(members, goods, lines) -> None:
    """Make goods, and members of an earlier shop who had some of them each: half of their own
    circle of a hundred, half of all.
    """
    from django.db import connection

    from catalog.models import Category, Product

    shelf = Category.objects.create(slug="bench", name_zh_hans="bench", name_en="bench")
    Product.objects.bulk_create(
        [
            Product(code=f"B{n}", category=shelf, name_zh_hans=f"bench {n}", name_en=f"bench {n}")
            for n in range(goods)
        ],
        batch_size=1_000,
    )
    words = {"goods": goods, "lines": lines}
    with connection.cursor() as cursor:
        for statement, rows in zip(STATEMENTS, (members, members, members * lines), strict=True):
            for first in range(0, rows, AT_ONCE):
                end = min(first + AT_ONCE, rows)
                cursor.execute(statement % {**words, "first": first, "end": end})


AT_ONCE = 50_000  # rows: one statement ends before the shop's connection gives its answer up
_ROWS = "seq_0_to_1000000000 WHERE seq >= %(first)s AND seq < %(end)s"
STATEMENTS = (
    f"INSERT INTO marketing_historycustomer (id, name) SELECT seq + 1, CONCAT('b', seq)"
    f" FROM {_ROWS}",
    f"INSERT INTO marketing_historyorder (id, no, customer_id, ordered_at, `on`, status, total,"
    f" digest, imported_at) SELECT seq + 1, CONCAT('b', seq), seq + 1, '2026-05-05 05:00:00',"
    f" '2026-05-05', 'completed', 1, seq, '2026-05-05 05:00:00' FROM {_ROWS}",
    f"INSERT IGNORE INTO marketing_historyline (order_id, sku, product, category, quantity,"
    f" unit_price) SELECT who + 1, CONCAT('b', good), CONCAT('bench ', good), 'b', 1, 1 FROM"
    f" (SELECT seq DIV %(lines)s AS who, IF(seq MOD 2,"
    f" CRC32(CONCAT('all', seq)) MOD %(goods)s,"
    f" (CRC32(CONCAT('who', seq DIV %(lines)s)) MOD (%(goods)s DIV 100)) * 100"
    f" + CRC32(CONCAT('own', seq)) MOD 100) AS good"
    f" FROM {_ROWS}) AS had",
)


if __name__ == "__main__":
    ground.tell(run())
