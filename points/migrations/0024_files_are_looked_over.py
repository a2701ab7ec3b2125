# The clock looks over what was brought: a status of its own, which a release before does not take
# for a file that somebody let in.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("points", "0023_tiers_remember")]

    operations = [
        migrations.AlterField(
            model_name="memberimport",
            name="status",
            field=models.CharField(
                choices=[
                    ("looking", "Being looked over"),
                    ("checked", "Waiting for a second person"),
                    ("queued", "Waiting for its turn"),
                    ("running", "Being carried out"),
                    ("done", "Done"),
                    ("failed", "Stopped by an error"),
                    ("undone", "Taken back"),
                ],
                default="looking",
                max_length=7,
                verbose_name="Status",
            ),
        ),
    ]
