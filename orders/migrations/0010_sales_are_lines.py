"""Nothing changes on the way here: an order's line is the movement of its pieces, and earlier
releases logged it besides (docs/decisions/0054). The way back writes what those would miss.
"""

from django.db import connection, migrations

SPAN = 20_000  # lines at a time


def log_sales(apps, schema_editor):
    """Write the movement of every line that has none; repeating writes nothing."""
    ignore = "INSERT OR IGNORE" if connection.vendor == "sqlite" else "INSERT IGNORE"
    number = "'order:' || o.no" if connection.vendor == "sqlite" else "CONCAT('order:', o.no)"
    lines = apps.get_model("orders", "OrderLine").objects.order_by("pk").values_list("pk")
    first, last = lines.first(), lines.last()
    for start in range(first[0], last[0] + 1, SPAN) if first else ():
        with connection.cursor() as cursor:
            cursor.execute(
                f"{ignore} INTO catalog_stockmovement (sku_id, direction, delta, reference, "
                f"actor, note, created_at) SELECT l.sku_id, 'take', -CAST(l.quantity AS SIGNED), "
                f"{number}, '', '', o.created_at FROM orders_orderline l "
                f"JOIN orders_order o ON o.id = l.order_id "
                f"LEFT JOIN orders_flashclaim c ON c.order_id = o.id "
                f"WHERE l.id >= %s AND l.id < %s AND c.order_id IS NULL",
                [start, start + SPAN],
            )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0009_history_is_facts"), ("catalog", "0007_draw_lowest_prices")]
    operations = [migrations.RunPython(migrations.RunPython.noop, log_sales)]
