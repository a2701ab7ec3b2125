"""The indexes of the goods that lists walk."""

from django.db import models

# Every order of a list walks an index and stops after a page; the last one holds all that a count
# asks, so that none of the rows, heavy with their descriptions, is read to be counted.
SHELF_INDEXES = [
    models.Index(fields=["status", "id"], name="product_newest"),
    models.Index(
        fields=["status", "is_yuan_priced", "lowest_points", "lowest_cash", "-id"],
        name="product_cheapest",
    ),
    models.Index(
        fields=["status", "is_yuan_priced", "-lowest_points", "-lowest_cash", "-id"],
        name="product_dearest",
    ),
    models.Index(fields=["status", "sale_starts_at"], name="product_sale_starts"),
    models.Index(fields=["status", "sale_ends_at"], name="product_sale_ends"),
    models.Index(
        fields=[
            "status",
            "is_yuan_priced",
            "lowest_points",
            "category",
            "pay_mode",
            "choices",
            "sale_starts_at",
            "sale_ends_at",
            "tier_to_see",
        ],
        name="product_count",
    ),
]
