"""What was sent before parcels were kept: every line of a shipped order left whole, in one parcel."""

from django.db import migrations
from django.db.models import F

BATCH = 500


def note_parcels(apps, schema_editor):
    Order, OrderLine = apps.get_model("orders", "Order"), apps.get_model("orders", "OrderLine")
    Shipment, ShipmentLine = (
        apps.get_model("orders", "Shipment"),
        apps.get_model("orders", "ShipmentLine"),
    )
    sent = Order.objects.filter(status__in=["shipped", "completed"], shipped_at__isnull=False)
    OrderLine.objects.filter(order_id__in=sent.values("pk")).update(shipped_quantity=F("quantity"))
    last = 0
    while batch := list(sent.filter(pk__gt=last, shipments__isnull=True).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        Shipment.objects.bulk_create(
            Shipment(
                order_id=order.pk,
                number=1,
                carrier=order.carrier,
                tracking_number=order.tracking_number,
                actor="system",
                at=order.shipped_at,
            )
            for order in batch
        )
        parcels = dict(
            Shipment.objects.filter(order__in=[order.pk for order in batch]).values_list(
                "order_id", "pk"
            )
        )
        lines = OrderLine.objects.filter(order__in=parcels).values_list(
            "order_id", "pk", "quantity"
        )
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment_id=parcels[order], line_id=line, quantity=quantity)
            for order, line, quantity in lines
        )


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_refunds_and_parcels")]
    operations = [migrations.RunPython(note_parcels, migrations.RunPython.noop)]
