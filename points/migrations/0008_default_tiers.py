"""Five tiers to begin with; an operator changes their names and thresholds in the admin."""

from datetime import UTC, datetime

from django.db import migrations

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
TIERS = [
    (1, 0, "新朋友", "Newcomer"),
    (2, 500, "常客", "Regular"),
    (3, 2_000, "好友", "Friend"),
    (4, 6_000, "挚友", "Close friend"),
    (5, 15_000, "知己", "Soulmate"),
]


def add_tiers(apps, schema_editor):
    levels = apps.get_model("points", "TierLevel").objects
    for level, threshold, name, english in TIERS:
        words = {"name": name, "name_zh_hans": name, "name_en": english}
        levels.get_or_create(
            level=level, defaults={"threshold": threshold, "changed_at": BEGINNING, **words}
        )


def remove_tiers(apps, schema_editor):
    apps.get_model("points", "TierLevel").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("points", "0007_tiers")]
    operations = [migrations.RunPython(add_tiers, remove_tiers)]
