"""The rules and the rate a new shop starts with; an operator changes them in the admin."""

from datetime import UTC, datetime

from django.db import migrations

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
RULES = [
    (
        "register",
        "注册奖励",
        "Sign-up gift",
        {
            "value": "fixed",
            "points": 100,
            "per_day": 1,
            "per_week": 1,
            "per_month": 1,
            "per_life": 1,
        },
    ),
    ("login", "每日登录", "Daily sign-in", {"value": "fixed", "points": 10}),
    (
        "checkin",
        "每日签到",
        "Daily check-in",
        {"value": "table", "table": [20, 25, 30, 35, 40, 45, 50]},
    ),
]


def add_defaults(apps, schema_editor):
    rule_model, version_model = (
        apps.get_model("points", "Rule"),
        apps.get_model("points", "RuleVersion"),
    )
    for code, name, english, numbers in RULES:
        rule = rule_model.objects.create(
            code=code, action=code, name=name, name_zh_hans=name, name_en=english, status="active"
        )
        version_model.objects.create(rule=rule, number=1, created_at=BEGINNING, **numbers)
    apps.get_model("points", "ExchangeRate").objects.create(
        points_per_yuan=100, effective_from=BEGINNING
    )


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial")]
    operations = [migrations.RunPython(add_defaults, migrations.RunPython.noop)]
