"""Bounds of risk with their defaults, and what they saw; inviting friends opens."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from mall.core import clock

SCOPES = [
    ("earn", "Earning is paused"),
    ("spend", "Spending is paused"),
    ("all", "Earning and spending are paused"),
    ("none", "Nothing is paused"),
]
KINDS = [
    ("earned", "Earned a lot in one day"),
    ("drift", "The books do not close"),
    ("manual", "Paused by a person"),
    ("network", "Many accounts on one network"),
    ("device", "Many accounts on one device"),
    ("refunds", "Many orders were refunded"),
]
CODES = [
    ("sign_ups_network", "Sign-ups from one network"),
    ("sign_ups_device", "Sign-ups on one device"),
    ("orders_network", "Members who order from one network"),
    ("orders_device", "Members who order on one device"),
    ("refund_ratio", "Orders of a member that were refunded"),
    ("ring_device", "Invitations: the same device"),
    ("ring_network", "Invitations: the same network"),
    ("ring_address", "Invitations: the same delivery address"),
    ("ring_payer", "Invitations: paid by the same person"),
]
DAY, NINETY_DAYS = 60 * 24, 60 * 24 * 90
# code, bound, minutes, per cent: a shop's own wifi or a school stays below the first
RULES = [
    ("sign_ups_network", 50, 60, 0),
    ("sign_ups_device", 3, DAY, 0),
    ("orders_network", 100, 60, 0),
    ("orders_device", 5, DAY, 0),
    ("refund_ratio", 4, NINETY_DAYS, 50),
    ("ring_device", 1, 0, 0),
    ("ring_network", 1, 0, 0),
    ("ring_address", 1, 0, 0),
    ("ring_payer", 1, 0, 0),
]
REFERRAL = ("referral", "referred")
BUDGET, POINTS_A_MONTH = "referral", 100_000


def add_rules(apps, schema_editor):
    model = apps.get_model("points", "RiskRule")
    model.objects.bulk_create(
        model(code=code, bound=bound, window_minutes=minutes, percent=percent)
        for code, bound, minutes, percent in RULES
    )


def open_invitations(apps, schema_editor):
    """What waited as a draft since 0006 pays from now on, within a budget; what an operator changed
    stays.
    """
    words = {"per": "month", "points_max": POINTS_A_MONTH, "month": f"{clock.today():%Y-%m}"}
    words["made_at"] = clock.now()
    apps.get_model("points", "Budget").objects.get_or_create(code=BUDGET, defaults=words)
    rules = apps.get_model("points", "Rule").objects.filter(code__in=REFERRAL, status="draft")
    rules.filter(changed_at__isnull=True).update(status="active")


def close_invitations(apps, schema_editor):
    rules = apps.get_model("points", "Rule").objects.filter(code__in=REFERRAL, status="active")
    rules.filter(changed_at__isnull=True).update(status="draft")


class Migration(migrations.Migration):
    dependencies = [("points", "0021_values_of_rules")]
    operations = [
        migrations.AlterField(
            model_name="riskcase",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=7, verbose_name="Kind"),
        ),
        migrations.AlterField(
            model_name="riskcase",
            name="scope",
            field=models.CharField(
                choices=SCOPES, default="earn", max_length=5, verbose_name="Paused"
            ),
        ),
        migrations.CreateModel(
            name="RiskRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=CODES,
                        max_length=24,
                        unique=True,
                        verbose_name="What is looked for",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("off", "Off"),
                            ("shadow", "Only noted: nothing is held"),
                            ("on", "In force"),
                        ],
                        default="on",
                        max_length=6,
                        verbose_name="Mode",
                    ),
                ),
                (
                    "bound",
                    models.PositiveIntegerField(
                        help_text="Sign-ups, members or refunded orders; for invitations: other accounts with the same mark, the inviter's and those of others they invited.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="From how many on",
                    ),
                ),
                (
                    "window_minutes",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Not asked for invitations: all that is remembered is compared.",
                        validators=[django.core.validators.MaxValueValidator(525600)],
                        verbose_name="Within so many minutes",
                    ),
                ),
                (
                    "percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Of refunded orders only: their share of the member's paid orders.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="And from this share on (per cent)",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=SCOPES,
                        default="none",
                        help_text="Invitations pause no account: the reward waits for a person.",
                        max_length=5,
                        verbose_name="What its case pauses",
                    ),
                ),
            ],
            options={
                "verbose_name": "Risk rule",
                "verbose_name_plural": "Risk rules",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("bound__gte", 1)), name="points_risk_rule_bound"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__lte", 100)), name="points_risk_rule_percent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskSighting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(choices=CODES, max_length=24, verbose_name="Rule"),
                ),
                ("key", models.CharField(max_length=60, verbose_name="Fact")),
                ("is_shadow", models.BooleanField(verbose_name="Only noted")),
                ("count", models.PositiveIntegerField(verbose_name="How many")),
                ("seen", models.JSONField(default=dict, verbose_name="Evidence")),
                ("at", models.DateTimeField(default=clock.now, verbose_name="Time")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sightings",
                        to="points.pointaccount",
                        verbose_name="Member",
                    ),
                ),
            ],
            options={
                "verbose_name": "Sighting of a risk rule",
                "verbose_name_plural": "Sightings of risk rules",
                "ordering": ["-pk"],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["at"], name="points_sighting_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("code", "key"), name="points_sighting_fact")
                ],
            },
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunPython(open_invitations, close_invitations),
    ]
