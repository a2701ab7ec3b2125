"""The API of the back room: stock, what came and went, and deliveries; permission-checked, through
the same verbs as the admin.
"""

from django.db.models import Q
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from catalog import stock
from catalog.models import LEFT, MOST_RECEIVED, Sku, StockMovement
from catalog.staff_api import TAGS, Newest, paged
from mall.core import repeats
from mall.core.api import (
    REPLAYED,
    Clerk,
    StrictIntegerField,
    StrictSerializer,
    key_of,
    made,
    once_key,
    read,
)


class MayMoveStock(Clerk):
    looking, acting = "catalog.view_stock", "catalog.change_stock"


class StockSerializer(serializers.ModelSerializer):
    sku = serializers.IntegerField(source="pk")
    product = serializers.IntegerField(source="product_id")
    name = serializers.CharField(source="__str__", help_text="Product and choice.")
    quantity = serializers.IntegerField(source="pieces", help_text="Pieces left right now.")

    class Meta:
        model = Sku
        fields = ["sku", "product", "name", "is_active", "quantity"]


class MovementSerializer(serializers.ModelSerializer):
    sku = serializers.IntegerField(source="sku_id")
    direction = serializers.ChoiceField(StockMovement.Direction.choices)

    class Meta:
        model = StockMovement
        fields = ["id", "sku", "direction", "delta", "reference", "actor", "note", "created_at"]


class DeliveryRequest(StrictSerializer):
    quantity = StrictIntegerField(
        min_value=-MOST_RECEIVED,
        max_value=MOST_RECEIVED,
        help_text="A delivery is positive, a correction may be negative.",
    )
    note = serializers.CharField(
        max_length=200, help_text="A delivery number, a stocktake, damage."
    )

    def validate_quantity(self, quantity):
        if not quantity:
            raise serializers.ValidationError(_("Zero pieces change nothing."), "zero")
        return quantity


class StockQuery(StrictSerializer):
    left = serializers.ChoiceField(
        list(LEFT), required=False, help_text="none: sold out; few: fewer than 10."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class MovementsQuery(StrictSerializer):
    cursor = serializers.CharField(required=False, max_length=200)


class StockList(APIView):
    permission_classes = [IsAuthenticated, MayMoveStock]
    pagination_class = Newest

    @extend_schema(
        operation_id="staff_stock_list",
        tags=TAGS,
        parameters=[StockQuery],
        responses=StockSerializer(many=True),
    )
    def get(self, request):
        """List what is left of every SKU, newest SKU first."""
        asked = read(StockQuery, request.query_params.dict()).validated_data
        found = Sku.objects.select_related("product", "stock").filter(
            LEFT.get(asked.get("left"), Q())
        )
        return paged(self, found, StockSerializer)


class Movements(APIView):
    permission_classes = [IsAuthenticated, MayMoveStock]
    pagination_class = Newest

    @extend_schema(
        operation_id="staff_stock_movements",
        tags=TAGS,
        parameters=[MovementsQuery],
        responses=MovementSerializer(many=True),
    )
    def get(self, request, sku):
        """List why a SKU's pieces changed, newest first."""
        read(MovementsQuery, request.query_params.dict())
        if not Sku.objects.filter(pk=sku).exists():
            raise Http404
        return paged(self, StockMovement.objects.filter(sku=sku), MovementSerializer)

    @extend_schema(
        operation_id="staff_stock_receive",
        tags=TAGS,
        request=DeliveryRequest,
        responses={201: MovementSerializer},
        parameters=[once_key("delivery"), REPLAYED],
    )
    def post(self, request, sku):
        """Book a delivery or a correction of a SKU; the same key books once."""
        sent, key = read(DeliveryRequest, request.data).validated_data, key_of(request)
        if not repeats.is_key(key):
            raise serializers.ValidationError(
                {"Idempotency-Key": [_("Please send a key of your own with each delivery.")]}
            )
        if not Sku.objects.filter(pk=sku).exists():
            raise NotFound
        movement = stock.deliver(sku, key=key, actor=f"staff:{request.user.pk}", **sent)
        return made(MovementSerializer(movement).data, replayed=movement.replayed)


urlpatterns = [
    path("staff/stock", StockList.as_view()),
    path("staff/stock/<int:sku>/movements", Movements.as_view()),
]
