"""Payments in API v1: what is asked and answered."""

from rest_framework import serializers

from mall.core.shapes import ModelShape
from mall.core.strict import StrictSerializer
from orders.models import Payment, PaymentNotice, PaymentRefund
from orders.payments import cash_in, gateways


class PaymentRequest(StrictSerializer):
    provider = serializers.CharField(max_length=20)
    way = serializers.CharField(
        max_length=8,
        required=False,
        help_text="alipay: app, page, wap; wechat: native, jsapi, h5. The first when left out.",
    )
    openid = serializers.CharField(
        max_length=128, required=False, help_text="Of the payer, for wechat jsapi."
    )


class RefundSerializer(ModelShape):
    class Meta:
        model = PaymentRefund
        fields = ["no", "amount", "reason", "status", "requested_at", "done_at"]


class PaymentSerializer(ModelShape):
    pay_url = serializers.SerializerMethodField(help_text="Where the shopper pays.")
    pay_with = serializers.SerializerMethodField(
        help_text="By way: url (page, wap, h5), order_string (app), code_url (native), or the "
        "parameters of wx.requestPayment (jsapi). null when it is not to be paid; start it again "
        "where what the provider gave is no longer good."
    )
    refunds = RefundSerializer(many=True, source="known_refunds")

    class Meta:
        model = Payment
        fields = [
            "no",
            "provider",
            "way",
            "amount",
            "currency",
            "status",
            "created_at",
            "paid_at",
            "pay_url",
            "pay_with",
            "refunds",
        ]

    def get_pay_url(self, payment) -> str:
        gateway = gateways.offered().get(payment.provider)
        if gateway is None:  # taken off since: nobody pays there any more
            return ""
        return self.context["request"].build_absolute_uri(gateway.pay_url(payment))

    def get_pay_with(self, payment) -> dict[str, str] | None:
        if "pay_with" in self.context:  # it has just begun
            return self.context["pay_with"]
        return cash_in.payable_with(payment)


class NoticeSerializer(ModelShape):
    """What the sandbox is answered; each provider has its own words."""

    class Meta:
        model = PaymentNotice
        fields = ["event_id", "outcome"]
