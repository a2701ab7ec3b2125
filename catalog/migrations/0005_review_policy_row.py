"""The one row of the review policy, so that nobody need add it (and no page need ask whether it is there)."""

from django.db import migrations


def add_row(apps, schema_editor):
    policy = apps.get_model("catalog", "ReviewPolicy")
    if not policy.objects.exists():
        policy.objects.create()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_card_keys")]
    operations = [migrations.RunPython(add_row, migrations.RunPython.noop)]
