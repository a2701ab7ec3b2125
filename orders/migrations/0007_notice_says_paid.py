"""Keep what a payment notice said, so that its event told again is compared with it."""

from django.db import migrations, models

SAID = {
    False: ["failed"],
    True: ["settled", "refunded_late", "refunded_second"],
}  # "repeated" could be either


def fill(apps, editor):
    notices = apps.get_model("orders", "PaymentNotice").objects.using(editor.connection.alias)
    for is_paid, outcomes in SAID.items():
        notices.filter(outcome__in=outcomes).update(is_paid=is_paid)


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_parcels_of_old_orders")]
    operations = [
        migrations.AddField(
            model_name="paymentnotice",
            name="is_paid",
            field=models.BooleanField(
                help_text="Unknown of a few notices from before this was kept.",
                null=True,
                verbose_name="says that it is paid",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
