"""The one row of the checkout policy, so that an operator finds something to edit."""

from django.db import migrations


def make_policy(apps, schema_editor):
    apps.get_model("orders", "CheckoutPolicy").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]
