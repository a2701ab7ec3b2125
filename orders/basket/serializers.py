"""What the basket's endpoints are sent and what they answer."""

from rest_framework import serializers

from mall.core.shapes import Shape
from mall.core.strict import StrictIntegerField, StrictSerializer
from orders import pricing
from orders.quote_serializers import ProposedQuoteSerializer
from orders.serializers import YuanField


class BasketLineRequest(StrictSerializer):
    quantity = StrictIntegerField(min_value=1, max_value=pricing.MAX_QUANTITY)
    saved = serializers.BooleanField(
        required=False, help_text="For later; where it lies when left out."
    )


class ProblemSerializer(Shape):
    """What is in the way: a code as of a refusal, and why in words."""

    code = serializers.CharField()
    detail = serializers.CharField()


class BasketLineSerializer(Shape):
    sku = serializers.IntegerField()
    product = serializers.CharField()
    product_id = serializers.IntegerField()
    sku_name = serializers.CharField()
    image = serializers.URLField(allow_null=True)
    quantity = serializers.IntegerField()
    unit_points = serializers.IntegerField()
    unit_cash = YuanField()
    points = serializers.IntegerField(help_text="Of the whole line, at today's price.")
    cash = YuanField(help_text="Of the whole line, at today's price.")
    left = serializers.IntegerField()
    most = serializers.IntegerField(help_text="How many the member can have now.")
    problem = ProblemSerializer(allow_null=True, help_text="null: it is part of the figures.")


class BasketSerializer(ProposedQuoteSerializer):
    """The figures are those of a quote of the lines without a problem, or zeros."""

    lines = BasketLineSerializer(many=True)
    saved = BasketLineSerializer(many=True, help_text="For later.")
    refusal = ProblemSerializer(allow_null=True, help_text="What is in the way of all of it.")
    coupon_proposed = None


class PutAgainSerializer(BasketSerializer):
    left_out = serializers.ListField(
        child=serializers.CharField(), help_text="Names of what is not to be had any more."
    )


class AlertSerializer(Shape):
    sku = serializers.IntegerField()
