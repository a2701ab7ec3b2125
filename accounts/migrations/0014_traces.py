"""From which device and network somebody signed up, as marks that are kept for some weeks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_phones_and_wechat")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="joined_device",
            field=models.CharField(editable=False, max_length=16, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="joined_network",
            field=models.CharField(editable=False, max_length=16, null=True),
        ),
    ]
