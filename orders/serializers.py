"""What the orders API is sent and what it answers. Points are numbers, yuan are strings."""

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mall.core.api import absolute
from mall.core.shapes import ModelShape, Shape
from mall.core.strict import StrictIntegerField, StrictSerializer
from orders import earning, pricing
from orders.coupons.wallet import LONGEST_TYPED
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
)
from orders.parcel_serializers import ParcelSerializer
from orders.payments.serializers import PaymentSerializer


# --- what is sent --------------------------------------------------------------
class LineRequest(StrictSerializer):
    sku = StrictIntegerField(min_value=1, max_value=pricing.LARGEST_ID, help_text="Id of the SKU.")
    quantity = StrictIntegerField(min_value=1, max_value=pricing.MAX_QUANTITY)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": pricing.LARGEST_ID},
            {"type": "string", "minLength": 1, "maxLength": 40},
        ]
    }
)
class CouponField(serializers.Field):
    """The id of an own coupon, or a code."""

    default_error_messages = {"invalid": _("Send the id of a coupon or a code.")}

    def to_internal_value(self, sent):
        is_id = (
            isinstance(sent, int) and not isinstance(sent, bool) and 1 <= sent <= pricing.LARGEST_ID
        )
        if not is_id and not (isinstance(sent, str) and 1 <= len(sent) <= LONGEST_TYPED):
            self.fail("invalid")
        return sent


class QuoteRequest(StrictSerializer):
    lines = LineRequest(many=True, min_length=1, max_length=pricing.MAX_LINES)
    points_to_use = StrictIntegerField(
        min_value=0,
        max_value=pricing.MOST_POINTS,
        default=0,
        help_text="Points used as a discount.",
    )
    coupon = CouponField(required=False, help_text="Id of an own coupon, or a code.")
    address = StrictIntegerField(
        min_value=1,
        max_value=pricing.LARGEST_ID,
        required=False,
        help_text="Id; the default one when left out. Freight may depend on it.",
    )

    def wanted(self) -> list[tuple[int, int]]:
        return [(line["sku"], line["quantity"]) for line in self.validated_data["lines"]]


class ExpectRequest(StrictSerializer):
    """What the shopper saw and agreed to."""

    points = StrictIntegerField(min_value=0, max_value=pricing.MOST_EXPECTED_POINTS)
    cash = serializers.RegexField(pricing.CASH, max_length=13, help_text='Yuan, such as "12.50".')


class OrderRequest(QuoteRequest):
    expect = ExpectRequest(required=False)
    from_basket = serializers.BooleanField(
        default=False, help_text="What is ordered leaves the basket with it."
    )


class NothingRequest(StrictSerializer):
    """No fields."""


# --- what is answered ------------------------------------------------------------
class YuanField(serializers.DecimalField):
    """Yuan as a string with two places."""

    def __init__(self, **kwargs):
        super().__init__(max_digits=12, decimal_places=2, coerce_to_string=True, **kwargs)


class OrderLineSerializer(ModelShape):
    line = serializers.IntegerField(source="pk", help_text="Id of the line, for refunds.")
    product_name = serializers.CharField()
    sku_name = serializers.CharField()
    sku = serializers.IntegerField(source="sku_id")
    product = serializers.IntegerField(source="product_id")
    image = serializers.SerializerMethodField(help_text="As it was when the order was placed.")

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "sku",
            "product",
            "product_name",
            "sku_name",
            "image",
            "quantity",
            "unit_points",
            "unit_cash",
            "points",
            "cash",
            "discount",
            "coupon_discount",
            "line",
            "shipped_quantity",
            "refunded_quantity",
        ]

    def get_image(self, line) -> str | None:
        return absolute(self.context["request"], line.image)


class OrderSerializer(ModelShape):
    lines = OrderLineSerializer(many=True, source="known_lines")
    coupon_name = serializers.CharField(help_text="Empty without one.")
    refund_state = serializers.ChoiceField(
        ["none", "partial", "whole"], help_text="How much was refunded; the status stays."
    )

    class Meta:
        model = Order
        fields = [
            "no", "status", "points", "cash", "goods_cash", "coupon_name", "coupon_discount",
            "discount", "points_for_discount", "freight",
            "rate", "lines",
            "created_at", "pay_by", "paid_at", "shipped_at", "completed_at", "cancelled_at",
            "carrier", "tracking_number",
            "refund_state", "refunded_points", "refunded_cash",
        ]  # fmt: skip


class EventSerializer(ModelShape):
    kind = serializers.CharField(source="what")
    label = serializers.CharField()
    from_status = serializers.CharField(help_text="Empty at the beginning.")
    to_status = serializers.ChoiceField(Order.Status.choices)

    class Meta:
        model = OrderEvent
        fields = ["kind", "label", "from_status", "to_status", "note", "at"]


class DeliverySerializer(Shape):
    recipient = serializers.CharField()
    phone = serializers.CharField()
    region = serializers.CharField()
    detail = serializers.CharField()


class OnTheWaySerializer(Shape):
    points = serializers.IntegerField()
    arrives_at = serializers.DateTimeField(
        allow_null=True, help_text="null until the order is complete."
    )


class OrderDetailSerializer(OrderSerializer):
    shipments = ParcelSerializer(many=True)
    points_on_the_way = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField()
    events = EventSerializer(many=True)
    payments = PaymentSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = [
            *OrderSerializer.Meta.fields,
            "address",
            "events",
            "payments",
            "shipments",
            "points_on_the_way",
        ]

    @extend_schema_field(OnTheWaySerializer(allow_null=True))
    def get_points_on_the_way(self, order) -> dict | None:
        coming = earning.on_the_way(order)
        return OnTheWaySerializer(coming).data if coming else None

    @extend_schema_field(DeliverySerializer(allow_null=True))
    def get_address(self, order) -> dict | None:
        return order.address or None


class StatusQuery(StrictSerializer):
    status = serializers.ChoiceField(Order.Status.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)
