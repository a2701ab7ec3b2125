"""The API of the back room: products and their prices; permission-checked, through the same
verbs as the admin.
"""

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import assortment
from catalog.models import (
    HIGHEST_TIER,
    LONGEST_ATTRIBUTES,
    MOST_UNITS,
    PRICE_MAX_POINTS,
    FreightTemplate,
    Product,
    Sku,
    validate_attributes,
)
from mall.core.api import Clerk, Cursor
from mall.core.strict import StrictIntegerField, StrictSerializer, read

TAGS = ["staff goods"]
LIMIT_MAX = 1_000_000
NUMBER_MAX = 2**63 - 1


# --- who may ------------------------------------------------------------------
class MayEditProducts(Clerk):
    looking, acting = "catalog.view_product", "catalog.change_product"


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
            "weight_grams",
            "is_active",
            "stock",
        ]


class StaffProductSerializer(serializers.ModelSerializer):
    """A product as the back room sees it, on sale or not."""

    category = serializers.IntegerField(source="category_id")
    kind = serializers.ChoiceField(Product.Kind.choices)
    pay_mode = serializers.ChoiceField(Product.PayMode.choices)
    status = serializers.ChoiceField(Product.Status.choices)
    freight_template = serializers.IntegerField(source="freight_template_id", allow_null=True)
    limit_period = serializers.ChoiceField(Product.Period.choices)
    tier_to_see = serializers.IntegerField(help_text="0 = everybody.")
    tier_to_redeem = serializers.IntegerField(help_text="0 = everybody.")
    skus = StaffSkuSerializer(many=True)

    class Meta:
        model = Product
        fields = [
            "id", "name_zh_hans", "name_en", "category", "kind", "pay_mode", "status",
            "freight_template",
            "limit_per_order", "limit_per_person", "limit_per_period", "limit_period",
            "tier_to_see", "tier_to_redeem", "market_price", "attributes_zh_hans", "attributes_en",
            "sale_starts_at", "sale_ends_at", "updated_at", "skus",
        ]  # fmt: skip


# Clocks of earlier centuries are off by odd minutes and seconds, which no date-time of an answer
# can say.
IN_OUR_TIME = [
    MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC)),
    MaxValueValidator(datetime(2200, 1, 1, tzinfo=UTC)),
]


ATTRIBUTES = {
    "required": False,
    "allow_blank": True,
    "max_length": LONGEST_ATTRIBUTES,
    "validators": [validate_attributes],
    "help_text": "One line each: name: value.",
}


class ProductChange(StrictSerializer):
    name_zh_hans = serializers.CharField(required=False, max_length=120)
    name_en = serializers.CharField(required=False, max_length=120)
    limit_per_order = StrictIntegerField(
        required=False, min_value=0, max_value=LIMIT_MAX, help_text="0 = no limit."
    )
    limit_per_person = StrictIntegerField(
        required=False, min_value=0, max_value=LIMIT_MAX, help_text="0 = no limit."
    )
    freight_template = serializers.PrimaryKeyRelatedField(
        queryset=FreightTemplate.objects.all(),
        required=False,
        allow_null=True,
        help_text="null: the default one.",
    )
    limit_per_period = StrictIntegerField(
        required=False, min_value=0, max_value=LIMIT_MAX, help_text="0 = no limit."
    )
    limit_period = serializers.ChoiceField(Product.Period.choices, required=False)
    tier_to_see = StrictIntegerField(
        required=False, min_value=0, max_value=HIGHEST_TIER, help_text="0 = everybody."
    )
    tier_to_redeem = StrictIntegerField(
        required=False, min_value=0, max_value=HIGHEST_TIER, help_text="0 = everybody."
    )
    market_price = serializers.DecimalField(
        12, 2, required=False, min_value=0, help_text="Yuan; 0 = none."
    )
    attributes_zh_hans = serializers.CharField(**ATTRIBUTES)
    attributes_en = serializers.CharField(**ATTRIBUTES)
    sale_starts_at = serializers.DateTimeField(
        required=False, allow_null=True, validators=IN_OUR_TIME
    )
    sale_ends_at = serializers.DateTimeField(
        required=False, allow_null=True, validators=IN_OUR_TIME
    )


class PriceChange(StrictSerializer):
    weight_grams = StrictIntegerField(required=False, min_value=0, max_value=MOST_UNITS)
    points_price = StrictIntegerField(required=False, min_value=0, max_value=PRICE_MAX_POINTS)
    cash_price = serializers.DecimalField(12, 2, required=False, min_value=0, help_text="Yuan.")
    is_active = serializers.BooleanField(
        required=False, help_text="Whether shoppers may choose it."
    )


class ProductsQuery(StrictSerializer):
    status = serializers.ChoiceField(Product.Status.choices, required=False)
    category = serializers.IntegerField(
        required=False, min_value=1, max_value=NUMBER_MAX, help_text="The category's number."
    )
    cursor = serializers.CharField(required=False, max_length=200)


class Newest(Cursor):
    ordering = "-pk"


def paged(view, found, serializer):
    """Answer with a page of what was found."""
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
        return paged(self, _products().filter(**found), StaffProductSerializer)


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
        """Change names, attributes, limits, tiers, the sale window or the freight; what is not
        sent stays.
        """
        sent = dict(read(ProductChange, request.data).validated_data)
        if "freight_template" in sent:
            named = sent.pop("freight_template")
            sent["freight_template_id"] = named and named.pk
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
        """Change a SKU's prices or weight, or offer it no more; answers the whole product."""
        sent = read(PriceChange, request.data).validated_data
        get_object_or_404(Sku, pk=pk)
        return _shown(assortment.reprice(pk, by=request.user, **sent).product_id)


urlpatterns = [
    path("staff/products", StaffProducts.as_view()),
    path("staff/products/<int:pk>", StaffProduct.as_view()),
    path("staff/products/<int:pk>/sale", ProductSale.as_view()),
    path("staff/skus/<int:pk>", SkuPrice.as_view()),
]
