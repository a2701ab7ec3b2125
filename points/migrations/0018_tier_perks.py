"""What each tier gives; a shop that changed its birthday rule keeps what that says."""

import django.core.validators
from django.db import migrations, models

PERKS = {
    2: {"earn_percent": 105},
    3: {"earn_percent": 110, "shields_a_month": 2, "birthday_points": 300},
    4: {
        "earn_percent": 120,
        "shields_a_month": 2,
        "birthday_points": 400,
        "early_access_minutes": 10,
    },
    5: {
        "earn_percent": 130,
        "shields_a_month": 3,
        "birthday_points": 500,
        "early_access_minutes": 30,
    },
}
GIFT = 200  # points of the birthday rule a shop begins with: what V1 and V2 get


def give(apps, schema_editor):
    levels = apps.get_model("points", "TierLevel").objects
    is_as_shipped = _says_the_gift(apps)
    for level, perks in PERKS.items():
        given = perks if is_as_shipped else {**perks, "birthday_points": None}
        levels.filter(level=level).update(**given)


def _says_the_gift(apps):
    rules = apps.get_model("points", "Rule").objects.filter(action="birthday")
    versions = apps.get_model("points", "RuleVersion").objects
    newest = [versions.filter(rule=rule).order_by("-number").first() for rule in rules]
    return [(one.value, one.points) for one in newest if one is not None] == [("fixed", GIFT)]


class Migration(migrations.Migration):
    dependencies = [("points", "0017_moving_in")]
    operations = [
        migrations.AddField(
            model_name="tierlevel",
            name="earn_percent",
            field=models.PositiveSmallIntegerField(
                db_default=100,
                default=100,
                help_text="100: as the rules say. 120: a fifth more.",
                validators=[
                    django.core.validators.MinValueValidator(100),
                    django.core.validators.MaxValueValidator(1000),
                ],
                verbose_name="Earns, in percent",
            ),
        ),
        migrations.AddField(
            model_name="tierlevel",
            name="shields_a_month",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Missed days a month that do not end a streak of check-ins.",
                validators=[django.core.validators.MaxValueValidator(31)],
                verbose_name="Shields a month",
            ),
        ),
        migrations.AddField(
            model_name="tierlevel",
            name="birthday_points",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Never less than the birthday rule says; empty: just that.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000),
                ],
                verbose_name="Birthday gift in points",
            ),
        ),
        migrations.AddField(
            model_name="tierlevel",
            name="early_access_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Members of this tier may redeem so long before the session begins.",
                validators=[django.core.validators.MaxValueValidator(1440)],
                verbose_name="Minutes ahead at flash sessions",
            ),
        ),
        migrations.AddConstraint(
            model_name="tierlevel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("early_access_minutes__lte", 1440),
                    ("earn_percent__gte", 100),
                    ("earn_percent__lte", 1000),
                    ("shields_a_month__lte", 31),
                    models.Q(
                        ("birthday_points__isnull", True),
                        models.Q(("birthday_points__gte", 1), ("birthday_points__lte", 1000000)),
                        _connector="OR",
                    ),
                ),
                name="points_tier_perks_known",
            ),
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
