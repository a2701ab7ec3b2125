"""Inviting friends is not open yet: its rules wait as drafts, so that no page promises what nothing pays."""

from django.db import migrations

CODES = ("referral", "referred")


def wait(apps, schema_editor):
    apps.get_model("points", "Rule").objects.filter(code__in=CODES, status="active").update(
        status="draft"
    )


def begin(apps, schema_editor):
    apps.get_model("points", "Rule").objects.filter(code__in=CODES, status="draft").update(
        status="active"
    )


class Migration(migrations.Migration):
    dependencies = [("points", "0005_case_scope")]
    operations = [migrations.RunPython(wait, begin)]
