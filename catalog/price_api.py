"""Scheduled prices in the API of the back room, through the same verbs as the admin."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import price_schedule
from catalog.models import PRICE_MAX_POINTS, ScheduledPrice, Sku
from catalog.staff_api import IN_OUR_TIME, TAGS
from mall.core.api import Clerk, listed, whole
from mall.core.strict import StrictIntegerField, StrictSerializer, read

MOST_SHOWN = 100


class MayPlanPrices(Clerk):
    looking, acting = "catalog.view_scheduledprice", "catalog.change_sku"


class ScheduledPriceSerializer(serializers.ModelSerializer):
    sku = serializers.IntegerField(source="sku_id")

    class Meta:
        model = ScheduledPrice
        fields = ["id", "sku", "points_price", "cash_price", "starts_at", "ends_at"]


class PricePlan(StrictSerializer):
    points_price = StrictIntegerField(
        required=False, default=0, min_value=0, max_value=PRICE_MAX_POINTS
    )
    cash_price = serializers.DecimalField(
        12, 2, required=False, default=0, min_value=0, help_text="Yuan."
    )
    starts_at = serializers.DateTimeField(validators=IN_OUR_TIME, help_text="Past: from now on.")
    ends_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        validators=IN_OUR_TIME,
        help_text="Null: it becomes the SKU's own price.",
    )


class SkuPrices(APIView):
    permission_classes = [IsAuthenticated, MayPlanPrices]

    @extend_schema(
        operation_id="staff_skus_prices_list",
        tags=TAGS,
        responses=listed("ScheduledPricePage", ScheduledPriceSerializer),
    )
    def get(self, request, pk):
        """List the scheduled prices of a SKU, those that are over too, the latest first."""
        sku = get_object_or_404(Sku, pk=pk)
        rows = sku.scheduled_prices.all()[:MOST_SHOWN]
        return Response(whole(ScheduledPriceSerializer(rows, many=True).data))

    @extend_schema(
        operation_id="staff_skus_prices_plan",
        tags=TAGS,
        request=PricePlan,
        responses={201: ScheduledPriceSerializer},
    )
    def post(self, request, pk):
        """Have a SKU cost this from an instant on, or between two; no two may overlap."""
        sent = read(PricePlan, request.data).validated_data
        get_object_or_404(Sku, pk=pk)
        planned = price_schedule.plan(
            pk,
            points=sent["points_price"],
            cash=sent["cash_price"],
            starts_at=sent["starts_at"],
            ends_at=sent["ends_at"],
            by=request.user,
        )
        return Response(ScheduledPriceSerializer(planned).data, status=status.HTTP_201_CREATED)


class PlannedPrice(APIView):
    permission_classes = [IsAuthenticated, MayPlanPrices]

    @extend_schema(operation_id="staff_prices_end", tags=TAGS, responses={204: None})
    def delete(self, request, pk):
        """Take back what has not begun; end now what runs."""
        price_schedule.end(get_object_or_404(ScheduledPrice, pk=pk), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path("staff/skus/<int:pk>/prices", SkuPrices.as_view()),
    path("staff/prices/<int:pk>", PlannedPrice.as_view()),
]
