"""Members' tiers name the state of the tiers they were looked at by: a change between reading and writing is noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0009_entry_sums")]
    operations = [
        migrations.RenameField("membertier", "assessed_at", "ladder_of"),
        migrations.AlterField(
            "membertier", "ladder_of", models.DateTimeField("By the tiers as of")
        ),
    ]
