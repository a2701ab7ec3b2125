"""A rule for every action the shop sees, and the row of the points policy; an operator changes them in the admin."""

from datetime import UTC, datetime

from django.db import migrations

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
ONCE = {"per_day": 1, "per_week": 1, "per_month": 1, "per_life": 1}
OFTEN = {"per_day": 50, "per_week": 200, "per_month": 500}
RULES = [
    (
        "purchase",
        "购物返积分",
        "Points for what you buy",
        {"value": "per_yuan", "points": 1, "matures_after_days": 7, **OFTEN},
    ),
    ("first_order", "首单奖励", "First order", {"points": 100, "matures_after_days": 7, **ONCE}),
    (
        "repurchase",
        "复购奖励",
        "Buying again",
        {"points": 50, "matures_after_days": 7, "per_day": 3, "per_week": 7, "per_month": 15},
    ),
    (
        "review",
        "商品评价",
        "Writing a review",
        {"points": 20, "per_day": 10, "per_week": 30, "per_month": 60},
    ),
    (
        "share",
        "分享好物",
        "Sharing with friends",
        {"points": 5, "per_day": 3, "per_week": 21, "per_month": 93},
    ),
    ("profile", "完善资料", "Completing your profile", {"points": 30, **ONCE}),
    (
        "birthday",
        "生日礼物",
        "Birthday gift",
        {"points": 200, **ONCE, "per_life": 120, "every_days": 365},
    ),
    (
        "referral",
        "邀请好友",
        "Inviting a friend",
        {"points": 200, "per_day": 20, "per_week": 20, "per_month": 20},
    ),
    ("referred", "受邀加入", "Joining by invitation", {"points": 100, **ONCE}),
    ("mission", "完成任务", "Missions", {"value": "given", **OFTEN}),
]


def add_defaults(apps, schema_editor):
    rule_model, version_model = (
        apps.get_model("points", "Rule"),
        apps.get_model("points", "RuleVersion"),
    )
    for code, name, english, numbers in RULES:
        # A shop that answers an action already keeps its own rule.
        if (
            not rule_model.objects.filter(code=code).exists()
            and not rule_model.objects.filter(action=code).exists()
        ):
            rule = rule_model.objects.create(
                code=code,
                action=code,
                name=name,
                name_zh_hans=name,
                name_en=english,
                status="active",
            )
            version_model.objects.create(rule=rule, number=1, created_at=BEGINNING, **numbers)
    if not apps.get_model("points", "PointsPolicy").objects.exists():
        apps.get_model("points", "PointsPolicy").objects.create()


def remove_unused(apps, schema_editor):
    rule_model, version_model = (
        apps.get_model("points", "Rule"),
        apps.get_model("points", "RuleVersion"),
    )
    used = set(apps.get_model("points", "Grant").objects.values_list("version__rule_id", flat=True))
    used |= set(
        rule_model.objects.filter(
            code__in=apps.get_model("points", "LedgerEntry").objects.values("rule")
        ).values_list("pk", flat=True)
    )
    codes = [code for code, *_ in RULES]
    # What entries or points on the way name stays, and so does what an operator changed.
    ours = rule_model.objects.filter(code__in=codes).exclude(pk__in=used)
    for rule in ours:
        if version_model.objects.filter(rule=rule).count() == 1:
            version_model.objects.filter(rule=rule).delete()
            rule.delete()
    apps.get_model("points", "PointsPolicy").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("points", "0003_grants_cases_adjustments")]
    operations = [migrations.RunPython(add_defaults, remove_unused)]
