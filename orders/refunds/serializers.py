"""What the refunds, parcels and codes of the API are sent and what they answer."""

from rest_framework import serializers

from mall.core.api_fields import LineField, NumberField
from mall.core.strict import StrictIntegerField, StrictSerializer
from orders import pricing
from orders.models import RefundLine, RefundRequest
from orders.serializers import YuanField


# --- what is sent --------------------------------------------------------------
class PiecesRequest(StrictSerializer):
    line = StrictIntegerField(
        min_value=1, max_value=pricing.LARGEST_ID, help_text="Id of the order's line."
    )
    quantity = StrictIntegerField(min_value=1, max_value=pricing.MAX_QUANTITY)


class RefundAskRequest(StrictSerializer):
    lines = PiecesRequest(many=True, min_length=1, max_length=pricing.MAX_LINES)
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")

    def wanted(self) -> list[tuple[int, int]]:
        return [(part["line"], part["quantity"]) for part in self.validated_data["lines"]]


class ApprovalRequest(StrictSerializer):
    restock = serializers.BooleanField(
        default=False,
        help_text="Sell pieces that were sent once more; those never sent always are.",
    )
    at_fault = serializers.BooleanField(
        default=False, help_text="The shop's fault: points whose day has passed live 30 days more."
    )
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class RejectionRequest(StrictSerializer):
    note = serializers.CharField(max_length=200, help_text="The reason, as the member reads it.")


class ParcelRequest(StrictSerializer):
    carrier = LineField(max_length=40, allow_blank=True, default="")
    tracking_number = NumberField(max_length=60, allow_blank=True, default="")
    lines = PiecesRequest(
        many=True,
        max_length=pricing.MAX_LINES,
        required=False,
        help_text="All that waits when left out.",
    )


class PasswordRequest(StrictSerializer):
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class RefundStatusQuery(StrictSerializer):
    status = serializers.ChoiceField(RefundRequest.Status.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


# --- what is answered ------------------------------------------------------------
class RefundLineSerializer(serializers.ModelSerializer):
    line = serializers.IntegerField(source="line_id")
    product_name = serializers.CharField(source="line.product_name")

    class Meta:
        model = RefundLine
        fields = ["line", "product_name", "quantity", "points", "cash"]


class TakenSerializer(serializers.Serializer):
    """Earned points that a refund takes: from those on the way, from the balance, and what becomes
    owed.
    """

    pending = serializers.IntegerField()
    points = serializers.IntegerField()
    debt = serializers.IntegerField()


class AskedRefundSerializer(serializers.ModelSerializer):
    """One refund request; amounts are noted when it is approved."""

    order = serializers.CharField(source="order.no")
    label = serializers.CharField(source="get_status_display")
    lines = RefundLineSerializer(many=True)
    taken = serializers.SerializerMethodField()

    class Meta:
        model = RefundRequest
        fields = [
            "id", "order", "number", "status", "label", "reason", "note", "lines", "points",
            "cash", "freight", "taken",
            "requested_at", "decided_at", "refunded_at",
        ]  # fmt: skip

    def get_taken(self, asked) -> TakenSerializer:
        return {
            "pending": asked.taken_pending,
            "points": asked.taken_points,
            "debt": asked.taken_debt,
        }


class RefundLotSerializer(serializers.Serializer):
    expires_on = serializers.DateField(allow_null=True, help_text="null: never.")
    points = serializers.IntegerField()
    is_over = serializers.BooleanField(help_text="The day has passed: they expire at once.")


class PreviewLineSerializer(serializers.Serializer):
    line = serializers.IntegerField(source="line.pk")
    quantity = serializers.IntegerField()
    points = serializers.IntegerField()
    cash = YuanField()


class CouponFallsShortSerializer(serializers.Serializer):
    """What stays no longer reaches the total that the order's coupon asks for."""

    threshold = YuanField()
    kept = YuanField(help_text="Yuan of what stays, before discounts.")
    discount = YuanField(help_text="Yuan that the coupon takes off it.")
    is_taken_back = serializers.BooleanField(
        help_text="The discount is taken off what comes back; false: it stays with the member."
    )


class PreviewSerializer(serializers.Serializer):
    """What refunding these pieces would do now."""

    lines = PreviewLineSerializer(source="terms.lines", many=True)
    points = serializers.IntegerField(source="terms.points")
    cash = YuanField(source="terms.cash", help_text="Freight included.")
    freight = YuanField(source="terms.freight")
    is_whole = serializers.BooleanField(
        source="terms.is_whole", help_text="Nothing of the order is left after it."
    )
    lots = RefundLotSerializer(many=True)
    taken = TakenSerializer()
    coupon = CouponFallsShortSerializer(
        source="terms.coupon", allow_null=True, help_text="null: nothing to say about a coupon."
    )


class CodeSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    position = serializers.IntegerField()
    code = serializers.CharField(source="secret")
