"""A day of the ledger is added up from its index alone, without fetching the entries."""

from django.db import migrations, models

SUMS = ["biz_date", "kind", "delta", "held_delta", "debt_delta"]


class Migration(migrations.Migration):
    dependencies = [("points", "0008_default_tiers")]
    operations = [
        migrations.AddIndex("ledgerentry", models.Index(fields=SUMS, name="points_entry_sums")),
        migrations.RemoveIndex("ledgerentry", "points_entry_books"),
    ]
