"""The API of the back room: products, their prices, and stock; permission-checked, through the same
verbs as the admin.
"""

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import assortment, stock
from catalog.models import LEFT, MOST_RECEIVED, PRICE_MAX_POINTS, Product, Sku, StockMovement
from mall.core import repeats
from mall.core.api import (
    REPLAYED,
    Clerk,
    Cursor,
    StrictIntegerField,
    StrictSerializer,
    key_of,
    made,
    once_key,
    read,
)

TAGS = ["staff goods"]
LIMIT_MAX = 1_000_000
NUMBER_MAX = 2**63 - 1


# --- who may ------------------------------------------------------------------
class MayEditProducts(Clerk):
    looking, acting = "catalog.view_product", "catalog.change_product"


class MayMoveStock(Clerk):
    looking, acting = "catalog.view_stock", "catalog.change_stock"


# --- shapes -------------------------------------------------------------------
class StaffSkuSerializer(serializers.ModelSerializer):
    stock = serializers.IntegerField(source="pieces")

    class Meta:
        model = Sku
        fields = [
            "id",
            "name_zh_hans",
            "name_en",
            "points_price",
            "cash_price",
            "is_active",
            "stock",
        ]


class StaffProductSerializer(serializers.ModelSerializer):
    """A product as the back room sees it, on sale or not."""

    category = serializers.IntegerField(source="category_id")
    kind = serializers.ChoiceField(Product.Kind.choices)
    pay_mode = serializers.ChoiceField(Product.PayMode.choices)
    status = serializers.ChoiceField(Product.Status.choices)
    skus = StaffSkuSerializer(many=True)

    class Meta:
        model = Product
        fields = [
            "id", "name_zh_hans", "name_en", "category", "kind", "pay_mode", "status",
            "limit_per_order", "limit_per_person",
            "sale_starts_at", "sale_ends_at", "updated_at", "skus",
        ]  # fmt: skip


# Clocks of earlier centuries are off by odd minutes and seconds, which no date-time of an answer
# can say.
IN_OUR_TIME = [
    MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)),
    MaxValueValidator(datetime(2200, 1, 1, tzinfo=UTC)),
]


class ProductChange(StrictSerializer):
    name_zh_hans = serializers.CharField(required=False, max_length=120)
    name_en = serializers.CharField(required=False, max_length=120)
    limit_per_order = StrictIntegerField(
        required=False, min_value=0, max_value=LIMIT_MAX, help_text="0 = no limit."
    )
    limit_per_person = StrictIntegerField(
        required=False, min_value=0, max_value=LIMIT_MAX, help_text="0 = no limit."
    )
    sale_starts_at = serializers.DateTimeField(
        required=False, allow_null=True, validators=IN_OUR_TIME
    )
    sale_ends_at = serializers.DateTimeField(
        required=False, allow_null=True, validators=IN_OUR_TIME
    )


class PriceChange(StrictSerializer):
    points_price = StrictIntegerField(required=False, min_value=0, max_value=PRICE_MAX_POINTS)
    cash_price = serializers.DecimalField(12, 2, required=False, min_value=0, help_text="Yuan.")
    is_active = serializers.BooleanField(
        required=False, help_text="Whether shoppers may choose it."
    )


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


class ProductsQuery(StrictSerializer):
    status = serializers.ChoiceField(Product.Status.choices, required=False)
    category = serializers.IntegerField(
        required=False, min_value=1, max_value=NUMBER_MAX, help_text="The category's number."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class StockQuery(StrictSerializer):
    left = serializers.ChoiceField(
        list(LEFT), required=False, help_text="none: sold out; few: fewer than 10."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class MovementsQuery(StrictSerializer):
    cursor = serializers.CharField(required=False, max_length=200)


class Newest(Cursor):
    ordering = "-pk"


def _paged(view, found, serializer):
    pages = view.pagination_class()
    page = pages.paginate_queryset(found, view.request, view=view)
    return pages.get_paginated_response(serializer(page, many=True).data)


# --- products -----------------------------------------------------------------
def _products():
    return Product.objects.prefetch_related("skus__stock")


def _shown(pk):
    return Response(StaffProductSerializer(get_object_or_404(_products(), pk=pk)).data)


class StaffProducts(APIView):
    permission_classes = [IsAuthenticated, MayEditProducts]
    pagination_class = Newest

    @extend_schema(
        operation_id="staff_products_list",
        tags=TAGS,
        parameters=[ProductsQuery],
        responses=StaffProductSerializer(many=True),
    )
    def get(self, request):
        """List products, drafts and those off sale too, newest first."""
        asked = read(ProductsQuery, request.query_params.dict()).validated_data
        found = {name: value for name, value in asked.items() if name != "cursor"}
        return _paged(self, _products().filter(**found), StaffProductSerializer)


class StaffProduct(APIView):
    permission_classes = [IsAuthenticated, MayEditProducts]

    @extend_schema(operation_id="staff_products_read", tags=TAGS, responses=StaffProductSerializer)
    def get(self, request, pk):
        """Show one product with its SKUs, prices and pieces."""
        return _shown(pk)

    @extend_schema(
        operation_id="staff_products_change",
        tags=TAGS,
        request=ProductChange,
        responses=StaffProductSerializer,
    )
    def patch(self, request, pk):
        """Change names, limits or the sale window; what is not sent stays."""
        sent = read(ProductChange, request.data).validated_data
        get_object_or_404(Product, pk=pk)
        assortment.change(pk, by=request.user, **sent)
        return _shown(pk)


class ProductSale(APIView):
    permission_classes = [IsAuthenticated, MayEditProducts]

    @extend_schema(
        operation_id="staff_products_put_on_sale",
        tags=TAGS,
        request=None,
        responses=StaffProductSerializer,
    )
    def post(self, request, pk):
        """Put a product on sale; twice is once."""
        get_object_or_404(Product, pk=pk)
        assortment.put_on_sale(pk, by=request.user)
        return _shown(pk)

    @extend_schema(
        operation_id="staff_products_take_off_sale",
        tags=TAGS,
        responses={200: StaffProductSerializer},
    )
    def delete(self, request, pk):
        """Take a product off sale; orders that exist are not touched."""
        get_object_or_404(Product, pk=pk)
        assortment.take_off_sale(pk, by=request.user)
        return _shown(pk)


class SkuPrice(APIView):
    permission_classes = [IsAuthenticated, MayEditProducts]

    @extend_schema(
        operation_id="staff_skus_change",
        tags=TAGS,
        request=PriceChange,
        responses=StaffProductSerializer,
    )
    def patch(self, request, pk):
        """Change a SKU's prices, or offer it no more; answers the whole product."""
        sent = read(PriceChange, request.data).validated_data
        get_object_or_404(Sku, pk=pk)
        return _shown(assortment.reprice(pk, by=request.user, **sent).product_id)


# --- stock --------------------------------------------------------------------
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
        return _paged(self, found, StockSerializer)


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
        return _paged(self, StockMovement.objects.filter(sku=sku), MovementSerializer)

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
    path("staff/products", StaffProducts.as_view()),
    path("staff/products/<int:pk>", StaffProduct.as_view()),
    path("staff/products/<int:pk>/sale", ProductSale.as_view()),
    path("staff/skus/<int:pk>", SkuPrice.as_view()),
    path("staff/stock", StockList.as_view()),
    path("staff/stock/<int:sku>/movements", Movements.as_view()),
]
