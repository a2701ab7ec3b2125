"""What lists filter and sort by, in the product's row. The release before this one neither reads
nor writes the columns: the database's defaults let it insert, and what it edits is drawn within the
hour (catalog.refresh_popularity).
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_review_policy_row")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="choices",
            field=models.PositiveIntegerField(
                db_default=0, default=0, editable=False, verbose_name="choices offered"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="lowest_points",
            field=models.PositiveIntegerField(
                db_default=0, default=0, editable=False, verbose_name="lowest price in points"
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="lowest_cash",
            field=models.DecimalField(
                db_default=0,
                decimal_places=2,
                default=0,
                editable=False,
                max_digits=12,
                verbose_name="its price in yuan",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="is_yuan_priced",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="priced in yuan"
            ),
        ),
        *[
            migrations.AddIndex(model_name="product", index=index)
            for index in [
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
                    ],
                    name="product_count",
                ),
            ]
        ],
    ]
