"""What the API says of parcels."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mall.core.shapes import ModelShape
from orders.dispatch import carriers
from orders.models import Shipment, ShipmentLine


class ParcelLineSerializer(ModelShape):
    line = serializers.IntegerField(source="line_id")

    class Meta:
        model = ShipmentLine
        fields = ["line", "quantity"]


class ParcelSerializer(ModelShape):
    lines = ParcelLineSerializer(many=True)
    tracking_url = serializers.SerializerMethodField(
        help_text="Where the parcel is followed; empty where there is none."
    )

    class Meta:
        model = Shipment
        fields = [
            "number", "carrier", "carrier_code", "tracking_number", "tracking_url", "at", "lines",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField())
    def get_tracking_url(self, parcel) -> str:
        return carriers.tracking_of(parcel)
