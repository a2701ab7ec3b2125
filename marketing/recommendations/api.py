"""The API of recommendations."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import audience, storefront
from catalog.serializers import ProductSerializer
from mall.core.strict import StrictSerializer
from marketing.recommendations import impressions, shelves
from points import balance

SHOWN = 12


class RecommendationSerializer(serializers.Serializer):
    product = ProductSerializer()
    shelf = serializers.ChoiceField(
        shelves.SHELVES, help_text="`new`: never had. `again`: had before."
    )
    reason = serializers.CharField(help_text="One line in the caller's language.")
    code = serializers.ChoiceField(shelves.REASONS, help_text="The kind of reason.")
    missing = serializers.IntegerField(help_text="Points that lack; 0 where they are enough.")


class AskedSerializer(serializers.Serializer):
    shelf = serializers.ChoiceField(shelves.SHELVES, required=False)


class OpenedSerializer(StrictSerializer):
    shelf = serializers.ChoiceField(shelves.SHELVES)
    code = serializers.ChoiceField(shelves.REASONS)


class Recommendations(APIView):
    """What this member may like next: in stock, affordable first."""

    @extend_schema(
        operation_id="list_recommendations",
        tags=["recommendations"],
        parameters=[
            OpenApiParameter(
                "shelf", enum=list(shelves.SHELVES), description="One shelf only; both without it."
            )
        ],
        responses=RecommendationSerializer(many=True),
    )
    def get(self, request):
        """List up to twelve goods of each shelf, *new for you* before *buy again*."""
        asked = AskedSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data.get("shelf")
        found = shelves.of_member(
            request.user,
            available=balance.of(request.user).available,
            limits={shelf: SHOWN for shelf in shelves.SHELVES if wanted in (None, shelf)},
            tier=audience.tier_of(request),
        )
        shown = [one for shelf in shelves.SHELVES for one in found[shelf]]
        impressions.note_shown(shown)
        return Response(
            RecommendationSerializer(shown, many=True, context={"request": request}).data
        )


class Opened(APIView):
    """A member opened a product from a shelf."""

    @extend_schema(
        operation_id="open_recommendation",
        tags=["recommendations"],
        request=OpenedSerializer,
        responses={204: None},
    )
    def post(self, request, product_id):
        """Tell that the member opened it, for the shop's figures; repeating changes nothing."""
        told = OpenedSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        available, tier = balance.of(request.user).available, audience.tier_of(request)
        if storefront.detail(product_id, available=available, tier=tier) is None:
            raise Http404
        place = told.validated_data
        impressions.open_from(request.user, product_id, place["shelf"], place["code"])
        return Response(status=204)


urlpatterns = [
    path("recommendations", Recommendations.as_view()),
    path("recommendations/<int:product_id>/opened", Opened.as_view()),
]
