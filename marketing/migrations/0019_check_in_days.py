"""Made-up, shielded and outage days of check-ins, and what making one up costs."""

import django.core.validators
from django.db import migrations, models

import mall.core.clock


def add_policy(apps, schema_editor):
    policies = apps.get_model("marketing", "CheckInPolicy").objects
    if not policies.exists():
        policies.create(make_up_prices=[20, 40, 80])


class Migration(migrations.Migration):
    dependencies = [("marketing", "0018_opening_balances")]
    operations = [
        migrations.AddField(
            model_name="checkin",
            name="kind",
            field=models.CharField(
                choices=[
                    ("checked", "checked in"),
                    ("made_up", "made up"),
                    ("shielded", "covered by a shield"),
                ],
                db_default="checked",
                default="checked",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="OutageDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField(unique=True, verbose_name="shop day")),
                (
                    "reason",
                    models.CharField(
                        help_text="For colleagues and auditors.",
                        max_length=200,
                        verbose_name="reason",
                    ),
                ),
                (
                    "declared_by",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="by"),
                ),
                (
                    "declared_at",
                    models.DateTimeField(default=mall.core.clock.now, verbose_name="declared"),
                ),
                (
                    "drawn_at",
                    models.DateTimeField(
                        editable=False, null=True, verbose_name="streaks drawn anew"
                    ),
                ),
                (
                    "members",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        verbose_name="members whose streak it mended",
                    ),
                ),
            ],
            options={
                "verbose_name": "outage day",
                "verbose_name_plural": "outage days",
                "ordering": ["-on"],
            },
        ),
        migrations.CreateModel(
            name="CheckInPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "make_up_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(31),
                        ],
                        verbose_name="how many days back a day may be made up",
                    ),
                ),
                (
                    "make_up_prices",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text=(
                            "With commas: 20, 40, 80. As many days as prices may be made up within "
                            "that time; none: nobody makes up a day."
                        ),
                        verbose_name="points the first, second, third … made-up day costs",
                    ),
                ),
            ],
            options={
                "verbose_name": "check-in policy",
                "verbose_name_plural": "check-in policy",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("make_up_days__gte", 1), ("make_up_days__lte", 31)),
                        name="check_in_policy_days",
                    )
                ],
            },
        ),
        migrations.RunPython(add_policy, migrations.RunPython.noop),
    ]
