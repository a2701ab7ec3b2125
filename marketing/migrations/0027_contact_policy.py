"""How often members are written to about offers, and the one row of it for an operator to edit."""

import django.core.validators
from django.db import migrations, models


def lay_out(apps, schema_editor):
    policy = apps.get_model("marketing", "ContactPolicy")
    if not policy.objects.exists():
        policy.objects.create()


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0026_ready_campaigns"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "per_day",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="messages about offers per member and day",
                    ),
                ),
                (
                    "per_week",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Mail, text message, WeChat and browser together. What is too much waits for another day; orders, money and safety are never counted.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="messages about offers per member and seven days",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact policy",
                "verbose_name_plural": "contact policy",
            },
        ),
        migrations.RunPython(lay_out, migrations.RunPython.noop),
    ]
