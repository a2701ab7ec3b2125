"""Rows of imported orders on their way into the tables, many in one statement.

Plain statements instead of ``bulk_create``: measured, the ORM's objects cost more than all the rest
of an import together (98 µs a line in all with it, half of that without). A statement has all its
rows as one JSON text, which costs a fifth of a parameter for each value. Values come as texts and
whole numbers that MariaDB, MySQL and SQLite read alike: instants in UTC, amounts with two places.
"""

import json
from datetime import UTC

from django.db import connection
from django.db.models.constants import OnConflict

from mall.core import clock
from marketing.models import HistoryCustomer, HistoryLine, HistoryOrder

ROWS_AT_ONCE = 5_000  # of 500 bytes at most: far below a packet of 16 MB
_TEXTS = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

ORDER = ("no", "customer", "ordered_at", "on", "status", "total", "digest", "imported_at")
LINE = ("order", "sku", "product", "category", "quantity", "unit_price")


def digests_of(batch) -> dict:
    """Return {order_no: digest} of those of some orders, in the order of their numbers, that are
    there. Most files bring new ones: one look then says that there is none between the first and
    the last (numbers are compared by their bytes, mall/database/key_columns.py).
    """
    if not batch or not HistoryOrder.objects.filter(no__range=(min(batch), max(batch))).exists():
        return {}
    return facts_of(HistoryOrder, batch, of="no", fact="digest")


def write_orders(batch, customers) -> dict:
    """Write {order_no: StagedOrder} as orders; returns {order_no: its key}."""
    now = utc_text(clock.now())
    rows = [
        (one.no, customers[one.customer], one.at, one.on, one.status, one.total, one.digest, now)
        for one in batch.values()
    ]
    told = _insert(HistoryOrder, ORDER, rows, returning=("no", "id"))
    return dict(told) or facts_of(HistoryOrder, batch, of="no", fact="id")


def write_lines(batch, keys) -> int:
    """Write the lines of orders whose keys are known; returns how many."""
    rows = [(keys[no], *line) for no, order in batch.items() for line in order.lines]
    _insert(HistoryLine, LINE, rows)
    return len(rows)


def know_customers(names) -> dict:
    """Return {name: key} of these customers, making those that are new."""
    known = facts_of(HistoryCustomer, names, of="name", fact="id")
    new = sorted(names - known.keys())
    if new:
        rows, told = [(name,) for name in new], ("name", "id")
        known |= dict(_insert(HistoryCustomer, ("name",), rows, ignoring=True, returning=told))
        # Another import may have made the same ones at once: whoever is second finds them there.
        known |= facts_of(HistoryCustomer, names - known.keys(), of="name", fact="id")
    return known


def facts_of(model, values, *, of, fact) -> dict:
    """Return {value of one column: value of another} of the rows that have one of ``values``."""
    quote, values = connection.ops.quote_name, list(values)
    if not values:
        return {}
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {quote(of)}, {quote(fact)} FROM {quote(model._meta.db_table)} "
            f"WHERE {quote(of)} IN ({marks})",
            values,
        )
        return dict(cursor.fetchall())


def utc_text(instant) -> str:
    """Write an instant as the databases keep it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def _insert(model, names, rows, *, ignoring=False, returning=()) -> list:
    """Insert rows of values; returns the columns ``returning`` of each where the database tells
    them (not MySQL).
    """
    quote, told = connection.ops.quote_name, []
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in names)
    verb = connection.ops.insert_statement(OnConflict.IGNORE if ignoring else None)
    statement = f"{verb} {quote(model._meta.db_table)} ({columns}) {_rows_of_json(len(names))}"
    if is_told := returning and connection.features.can_return_rows_from_bulk_insert:
        statement += f" RETURNING {', '.join(map(quote, returning))}"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            cursor.execute(statement, [_TEXTS.encode(rows[start : start + ROWS_AT_ONCE])])
            told += cursor.fetchall() if is_told else ()
    return told


def _rows_of_json(width) -> str:
    """Return what reads one parameter, a JSON list of lists of ``width`` values, as rows of texts,
    longer than any column, which the INSERT converts: MariaDB's JSON_TABLE (10.11, 11.8) makes any
    value fit its column and tells no error.
    """
    if connection.vendor == "sqlite":
        values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(width))
        return f"SELECT {values} FROM json_each(%s)"
    values = ", ".join(f"value{place}" for place in range(width))
    paths = ", ".join(
        f"value{place} VARCHAR(255) CHARACTER SET utf8mb4 PATH '$[{place}]' ERROR ON ERROR"
        for place in range(width)
    )
    return f"SELECT {values} FROM JSON_TABLE(%s, '$[*]' COLUMNS ({paths})) AS told"
