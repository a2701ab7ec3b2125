"""The API of recommendations."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import audience
from catalog.serializers import ProductSerializer
from marketing import recommendations
from points import balance

SHOWN = 12


class RecommendationSerializer(serializers.Serializer):
    product = ProductSerializer()
    reason = serializers.CharField(help_text="One line in the caller's language.")
    code = serializers.ChoiceField(["together", "category", "popular"])


class Recommendations(APIView):
    """What this member may like next: in stock, affordable first, not what was just bought."""

    @extend_schema(
        operation_id="list_recommendations",
        tags=["recommendations"],
        responses=RecommendationSerializer(many=True),
    )
    def get(self, request):
        found = recommendations.for_member(
            request.user,
            available=balance.of(request.user).available,
            limit=SHOWN,
            tier=audience.tier_of(request),
        )
        return Response(
            RecommendationSerializer(found, many=True, context={"request": request}).data
        )


urlpatterns = [path("recommendations", Recommendations.as_view())]
