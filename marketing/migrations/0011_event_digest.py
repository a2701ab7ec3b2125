"""Keep what tells an event's content from another's, as it was told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketing", "0010_co_purchases")]
    operations = [
        migrations.AddField(
            "customevent", "digest", models.CharField(default="", editable=False, max_length=64)
        ),
    ]
