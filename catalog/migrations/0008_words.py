"""What a search reads of each product, a row of its own (docs/decisions/0051).

The release before this one neither reads nor writes the table; what it edits meanwhile is drawn by
the next catalog.refresh_popularity.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Max

from catalog.models.words import SAID_IN, text_of

AT_ONCE = 1000


def draw(apps, schema_editor):
    products = apps.get_model("catalog", "Product").objects.order_by()
    row = apps.get_model("catalog", "ProductWords")
    last = products.aggregate(last=Max("pk"))["last"] or 0
    rest = ("status", "choices", "sale_starts_at", "sale_ends_at", "updated_at")
    start = 0
    while start <= last:
        some = list(
            products.filter(pk__gte=start).order_by("pk").only("pk", *SAID_IN, *rest)[:AT_ONCE]
        )
        row.objects.bulk_create(
            [
                row(
                    product_id=product.pk,
                    text=text_of(product),
                    is_offered=product.status == "on" and product.choices > 0,
                    sale_starts_at=product.sale_starts_at,
                    sale_ends_at=product.sale_ends_at,
                    drawn_from=product.updated_at,
                )
                for product in some
            ],
            ignore_conflicts=True,
        )
        start = some[-1].pk + 1 if some else last + 1


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_draw_lowest_prices")]
    operations = [
        migrations.CreateModel(
            name="ProductWords",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                ("text", models.BinaryField()),
                ("is_offered", models.BooleanField(default=False)),
                ("sale_starts_at", models.DateTimeField(null=True)),
                ("sale_ends_at", models.DateTimeField(null=True)),
                ("drawn_from", models.DateTimeField()),
            ],
            options={
                "verbose_name": "words of a product",
                "verbose_name_plural": "words of products",
            },
        ),
        migrations.RunPython(draw, migrations.RunPython.noop),
    ]
