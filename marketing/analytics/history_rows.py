"""Rows of imported orders on their way into the tables, many in one statement.

Plain statements instead of ``bulk_create``: measured, the ORM's objects cost more than all the rest
of an import together (98 µs a line in all with it, half of that without). Values come as texts and
whole numbers that MariaDB, MySQL and SQLite read alike: instants in UTC, amounts with two places.
"""

from datetime import UTC

from django.db import connection

from mall.core import clock
from marketing.models import HistoryLine, HistoryOrder

ORDER = ("no", "customer", "ordered_at", "on", "status", "total", "digest", "imported_at")
LINE = ("order", "sku", "product", "category", "quantity", "unit_price")


def write_orders(batch, customers, digests) -> dict:
    """Write {order_no: staged rows} as orders; returns {order_no: its key}."""
    now = utc_text(clock.now())
    rows = []
    for no, lines in batch.items():
        _no, at, on, customer, *_rest, status, _line = lines[0]
        total = yuan_text(sum(line[7] * line[8] for line in lines))
        rows.append((no, customers[customer], at, on, status, total, digests[no], now))
    _insert(HistoryOrder, ORDER, rows)
    return dict(HistoryOrder.objects.filter(no__in=batch).values_list("no", "pk"))


def write_lines(batch, keys) -> int:
    """Write the lines of orders whose keys are known; returns how many."""
    rows = [
        (keys[no], sku, product, category, quantity, yuan_text(fen))
        for no, lines in batch.items()
        for _no, _at, _on, _customer, sku, product, category, quantity, fen, _status, _line in lines
    ]
    _insert(HistoryLine, LINE, rows)
    return len(rows)


def utc_text(instant) -> str:
    """Write an instant as the databases keep it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def yuan_text(fen: int) -> str:
    """Write fen as yuan: 1250 -> "12.50"."""
    return f"{fen // 100}.{fen % 100:02}"


def _insert(model, names, rows):
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in names)
    places = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})", rows
        )
