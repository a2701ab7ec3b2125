"""Rules by certain steps, and the one a shop begins with: bonuses for long streaks of check-ins."""

from datetime import UTC, datetime

from django.db import migrations, models

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
CODE = "checkin_milestone"
NUMBERS = {
    "value": "steps",
    "table": [[14, 100], [30, 200], [100, 500]],
    # filling a day in may reach two at once
    "per_day": 5,
    "per_week": 10,
    "per_month": 20,
    "with_tier": False,  # it is promised as it stands
}


def add_rule(apps, schema_editor):
    rules = apps.get_model("points", "Rule").objects
    if rules.filter(action=CODE).exists() or rules.filter(code=CODE).exists():
        return  # a shop that answers the action already keeps its own rule
    name = "连续签到奖励"
    rule = rules.create(
        code=CODE,
        action=CODE,
        name=name,
        name_zh_hans=name,
        name_en="Long streaks",
        status="active",
    )
    versions = apps.get_model("points", "RuleVersion").objects
    versions.create(rule=rule, number=1, created_at=BEGINNING, **NUMBERS)


class Migration(migrations.Migration):
    dependencies = [("points", "0019_rules_an_operator_can_say")]
    operations = [
        migrations.AlterField(
            model_name="ruleversion",
            name="value",
            field=models.CharField(
                choices=[
                    ("fixed", "Fixed"),
                    ("per_yuan", "Per yuan"),
                    ("table", "Table by step"),
                    ("steps", "At certain steps"),
                    ("given", "What the fact itself is worth"),
                    ("percent", "Multiplies what others pay"),
                ],
                default="fixed",
                max_length=8,
                verbose_name="Value",
            ),
        ),
        migrations.RunPython(add_rule, migrations.RunPython.noop),
    ]
