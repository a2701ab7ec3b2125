# The clock looks over what was brought: a status of its own, which a release before does not take
# for a file that somebody let in.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0019_flash_lots"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatchfile",
            name="carrier",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=20,
                verbose_name="carrier",
            ),
        ),
        migrations.AlterField(
            model_name="dispatchfile",
            name="status",
            field=models.CharField(
                choices=[
                    ("looking", "Being looked over"),
                    ("checked", "Looked over, nothing done"),
                    ("queued", "Waiting for its turn"),
                    ("running", "Being carried out"),
                    ("done", "Done"),
                    ("failed", "Stopped by an error"),
                ],
                default="looking",
                max_length=7,
                verbose_name="Status",
            ),
        ),
    ]
