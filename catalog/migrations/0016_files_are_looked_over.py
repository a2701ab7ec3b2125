# The clock looks over what was brought: a status of its own, which a release before does not take
# for a file that somebody let in.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_ticket_goods"),
    ]

    operations = [
        migrations.AlterField(
            model_name="goodsimport",
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
