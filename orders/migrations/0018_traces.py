"""Where an order goes, from where it was placed and who paid it, as marks."""

from django.db import migrations, models

MARKS = [
    ("order", "address_mark"),
    ("order", "device_mark"),
    ("order", "network_mark"),
    ("payment", "payer_mark"),
]


class Migration(migrations.Migration):
    dependencies = [("orders", "0017_coupon_goods")]
    operations = [
        migrations.AddField(
            model_name=model,
            name=name,
            field=models.CharField(editable=False, max_length=16, null=True),
        )
        for model, name in MARKS
    ]
