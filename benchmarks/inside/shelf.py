"""A large shop: the goods there are, over and over, so that whatever a build keeps beside a product
is right for each copy.
"""

from benchmarks.inside import answer

STEP = 1_000_000  # between the ids of one copy and the next
TABLES = {  # table -> the columns that hold ids of goods
    "catalog_product": ("id",),
    "catalog_sku": ("id", "product_id"),
    "catalog_stock": ("sku_id",),
    "catalog_productwords": ("product_id",),  # an earlier build has none
}


def fill(*, goods):
    """Copy the goods until there are about so many; returns how many there are."""
    from django.core.cache import cache
    from django.db import connection

    from catalog.models import Product

    there = Product.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION unique_checks = 0")
        cursor.execute("SET SESSION foreign_key_checks = 0")
        there_are = connection.introspection.table_names(cursor)
        tables = {name: ids for name, ids in TABLES.items() if name in there_are}
        for copy in range(1, goods // there + 1):
            for table, ids in tables.items():
                names = _columns(cursor, table)
                values = [f"{n} + {copy * STEP}" if n in ids else n for n in names]
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
                    f" FROM {table} WHERE {ids[0]} < {STEP}"
                )
        cursor.execute(f"ANALYZE TABLE {', '.join(tables)}")
        cursor.fetchall()
    cache.clear()
    return Product.objects.count()


def _columns(cursor, table):
    cursor.execute(f"SHOW COLUMNS FROM {table}")
    return [f"`{row[0]}`" if row[0] == "key" else row[0] for row in cursor.fetchall()]


if __name__ == "__main__":
    answer(fill)
