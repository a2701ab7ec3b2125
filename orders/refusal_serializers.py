"""What a refused order is answered with."""

from drf_spectacular.utils import OpenApiResponse

from mall.core.openapi import ErrorAnswerSerializer
from orders.quote_serializers import QuoteSerializer


class OrderRefusalSerializer(ErrorAnswerSerializer):
    """A refusal; of ``price_changed`` with what it costs now."""

    may_be_absent = ("quote",)
    quote = QuoteSerializer(required=False, help_text="Of price_changed: what it costs now.")


PRICE_CHANGED = OpenApiResponse(
    OrderRefusalSerializer,
    description="price_changed (with the new quote), out_of_stock, limit_reached, not_payable, …",
)
