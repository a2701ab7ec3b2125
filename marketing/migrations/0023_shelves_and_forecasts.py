import django.db.models.deletion
from django.db import migrations, models

import mall.core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_card_keys"),
        ("marketing", "0022_campaigns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Affinity",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "buyers",
                    models.PositiveIntegerField(default=0, verbose_name="people who had it"),
                ),
                ("per_buyer", models.FloatField(default=0.0)),
                ("weights", models.BinaryField(default=bytes)),
                ("alike", models.BinaryField(default=bytes)),
                (
                    "counted_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="counted at"),
                ),
            ],
            options={
                "verbose_name": "what a product says of others",
                "verbose_name_plural": "what products say of others",
            },
        ),
        migrations.CreateModel(
            name="ShelfDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(verbose_name="shop day")),
                ("shelf", models.CharField(max_length=16, verbose_name="shelf")),
                ("reason", models.CharField(max_length=16, verbose_name="reason")),
                ("shown", models.PositiveBigIntegerField(default=0, verbose_name="shown")),
                ("opened", models.PositiveIntegerField(default=0, verbose_name="opened")),
                ("redeemed", models.PositiveIntegerField(default=0, verbose_name="redeemed")),
            ],
            options={
                "verbose_name": "figures of a shelf",
                "verbose_name_plural": "figures of shelves",
                "ordering": ["-on", "shelf", "reason"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("on", "shelf", "reason"), name="one_shelf_reason_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RepurchaseForecast",
            fields=[
                (
                    "as_of",
                    models.DateField(primary_key=True, serialize=False, verbose_name="as of"),
                ),
                ("horizon_days", models.PositiveSmallIntegerField(verbose_name="days ahead")),
                ("buyers", models.PositiveIntegerField(verbose_name="members who ever redeemed")),
                (
                    "expected",
                    models.PositiveIntegerField(verbose_name="expected to redeem again"),
                ),
                ("lowest", models.PositiveIntegerField(verbose_name="at least")),
                ("highest", models.PositiveIntegerField(verbose_name="at most")),
                ("became", models.PositiveIntegerField(null=True, verbose_name="it became")),
                ("figures", models.JSONField(default=dict)),
                (
                    "made_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="counted at"),
                ),
            ],
            options={
                "verbose_name": "forecast of redemptions",
                "verbose_name_plural": "forecasts of redemptions",
                "ordering": ["-as_of"],
            },
        ),
    ]
