"""Budgets, back-tests, and what a rule may ask for and multiply."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What happens once, or says itself how many points it is worth: no tier multiplies it.
ONCE = ["register", "first_order", "profile", "birthday", "referral", "mission"]


def leave_gifts_alone(apps, schema_editor):
    versions = apps.get_model("points", "RuleVersion").objects
    versions.filter(models.Q(rule__action__in=ONCE) | models.Q(value="given")).update(
        with_tier=False
    )


class Migration(migrations.Migration):
    dependencies = [
        ("points", "0018_tier_perks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BackTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("problem", models.CharField(blank=True, editable=False, max_length=1000)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("checked", "Looked over, nothing done"),
                            ("queued", "Waiting for its turn"),
                            ("running", "Being carried out"),
                            ("done", "Done"),
                            ("failed", "Stopped by an error"),
                        ],
                        default="checked",
                        max_length=7,
                        verbose_name="Status",
                    ),
                ),
                ("language", models.CharField(blank=True, editable=False, max_length=10)),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="Finished"),
                ),
                ("claimed_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("numbers", models.JSONField(editable=False)),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        choices=[(30, "30 days"), (90, "90 days")], default=30, verbose_name="Days"
                    ),
                ),
                ("until", models.DateField(verbose_name="Until")),
                ("made_at", models.DateTimeField(verbose_name="Asked for")),
                ("facts", models.PositiveIntegerField(default=0, verbose_name="Facts replayed")),
                ("result", models.JSONField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "Back-test",
                "verbose_name_plural": "Back-tests",
                "ordering": ["-pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="What gives")),
                (
                    "per",
                    models.CharField(
                        choices=[("total", "In all"), ("month", "Per month")],
                        default="total",
                        max_length=5,
                        verbose_name="Counted",
                    ),
                ),
                ("points_max", models.BigIntegerField(verbose_name="Budget in points")),
                ("taken", models.BigIntegerField(default=0, verbose_name="Taken of it")),
                (
                    "month",
                    models.CharField(blank=True, default="", max_length=7, verbose_name="Month"),
                ),
                ("warned_at", models.DateTimeField(blank=True, null=True, verbose_name="Warned")),
                ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="Paused")),
                ("made_at", models.DateTimeField(verbose_name="Made")),
            ],
            options={
                "verbose_name": "Budget",
                "verbose_name_plural": "Budgets",
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="grant",
            name="made",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="actions",
            field=models.JSONField(blank=True, null=True, verbose_name="Multiplies"),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="amount_min",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=12,
                null=True,
                verbose_name="From so many yuan",
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="categories",
            field=models.JSONField(blank=True, null=True, verbose_name="Only in categories"),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="first_time",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="As long as no rule has paid the member for this action.",
                verbose_name="Only the first time",
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="percent",
            field=models.PositiveSmallIntegerField(
                db_default=100,
                default=100,
                help_text="200: double.",
                verbose_name="Pays in percent",
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="segment",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=40,
                verbose_name="Only for the segment",
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="stackable",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Several that may go together multiply each other. One that may not stands alone: the smaller priority decides.",
                verbose_name="Together with others",
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="tier_from",
            field=models.PositiveSmallIntegerField(
                db_default=1, default=1, verbose_name="From tier"
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="tier_to",
            field=models.PositiveSmallIntegerField(
                db_default=5, default=5, verbose_name="Up to tier"
            ),
        ),
        migrations.AddField(
            model_name="ruleversion",
            name="with_tier",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="What the tier earns in percent multiplies it, too.",
                verbose_name="Times the member's tier",
            ),
        ),
        migrations.RunPython(leave_gifts_alone, migrations.RunPython.noop),
        migrations.AddField(
            model_name="setaside",
            name="made",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="ruleversion",
            name="value",
            field=models.CharField(
                choices=[
                    ("fixed", "Fixed"),
                    ("per_yuan", "Per yuan"),
                    ("table", "Table by step"),
                    ("given", "What the fact itself is worth"),
                    ("percent", "Multiplies what others pay"),
                ],
                default="fixed",
                max_length=8,
                verbose_name="Value",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent__gte", 1),
                    ("percent__lte", 1000),
                    ("tier_from__gte", 1),
                    ("tier_from__lte", models.F("tier_to")),
                    ("tier_to__lte", 5),
                ),
                name="points_rule_conditions_known",
            ),
        ),
        migrations.AddField(
            model_name="backtest",
            name="made_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="By",
            ),
        ),
        migrations.AddField(
            model_name="backtest",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="back_tests",
                to="points.rule",
                verbose_name="Rule",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken__gte", 0), ("taken__lte", models.F("points_max"))),
                name="points_budget_never_passed",
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="budget",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rule",
                to="points.budget",
                verbose_name="Budget",
            ),
        ),
    ]
