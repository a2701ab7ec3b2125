# The clock looks over what was brought: a status of its own, which a release before does not take
# for a file that somebody let in.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0030_daily_digest"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historyimport",
            name="status",
            field=models.CharField(
                choices=[
                    ("looking", "Being looked over"),
                    ("checked", "Looked over, not imported"),
                    ("queued", "Waiting for its turn"),
                    ("running", "Being imported"),
                    ("done", "Imported"),
                    ("failed", "Stopped by an error"),
                ],
                default="looking",
                max_length=7,
                verbose_name="Status",
            ),
        ),
    ]
