"""What a quote is answered as: the order it would make, and the best one could do about it."""

from rest_framework import serializers

from mall.core.shapes import Shape
from orders.serializers import YuanField


class QuotedLineSerializer(Shape):
    sku = serializers.IntegerField()
    product = serializers.CharField()
    quantity = serializers.IntegerField()
    points = serializers.IntegerField()
    cash = YuanField()
    discount = YuanField()
    coupon_discount = YuanField(help_text="This line's share of the coupon.")


class QuotedCouponSerializer(Shape):
    id = serializers.IntegerField(allow_null=True, help_text="null for a public code.")
    code = serializers.CharField()
    name = serializers.CharField()
    discount = YuanField()


class UsablePointsSerializer(Shape):
    """Multiples of ``step`` from ``least`` to ``most`` may be used; ``most`` 0 means none."""

    least = serializers.IntegerField()
    step = serializers.IntegerField()
    most = serializers.IntegerField()


class ProposalSerializer(Shape):
    """The use of coupon and points that leaves least to pay."""

    coupon = serializers.IntegerField(allow_null=True, help_text="Id of an own coupon.")
    points_to_use = serializers.IntegerField()
    points = serializers.IntegerField(help_text="All points it would cost.")
    cash = YuanField(help_text="Yuan it would cost.")
    saves = YuanField()
    sentence = serializers.CharField()


class QuoteSerializer(Shape):
    lines = QuotedLineSerializer(many=True)
    points = serializers.IntegerField(help_text="All points, those used as a discount included.")
    cash = YuanField(help_text="Yuan to pay: goods − coupon − discount + freight.")
    goods_cash = YuanField()
    coupon = QuotedCouponSerializer(allow_null=True)
    coupon_proposed = QuotedCouponSerializer(allow_null=True, help_text="When none is in use.")
    coupon_discount = YuanField()
    discount = YuanField(help_text="What the points take off.")
    rounding = serializers.DecimalField(
        max_digits=6, decimal_places=4, help_text="Yuan cut off the discount, below 0.01."
    )
    freight = YuanField()
    rate = serializers.IntegerField(help_text="Points per yuan.")
    earns = serializers.IntegerField(help_text="Points this order will earn.")
    points_usable = UsablePointsSerializer()


class UndeliveredSerializer(Shape):
    """What does not go there, and why in words."""

    sku = serializers.IntegerField()
    detail = serializers.CharField()


class QuotedDeliverySerializer(Shape):
    """Where freight was reckoned to."""

    region = serializers.CharField(help_text="Empty where it does not matter, or nobody knows.")
    region_code = serializers.CharField()
    is_exact = serializers.BooleanField(
        help_text="False: freight is the least it may be; an address tells."
    )
    refused = UndeliveredSerializer(many=True)


class ProposedQuoteSerializer(QuoteSerializer):
    """A quote as it was asked for, its delivery, and the best that could be done."""

    may_be_absent = ("delivery",)
    delivery = QuotedDeliverySerializer(
        required=False, help_text="Left out where nothing has to be sent."
    )
    proposed = ProposalSerializer(allow_null=True, help_text="Where something lowers the price.")
