"""Categories and products for app clients. Public; a token adds what the member can afford."""

from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import (
    audience,
    freight_api,
    price_api,
    review_api,
    searches,
    staff_api,
    stock_api,
    storefront,
    suggestions,
)
from catalog.answers import KeptView
from catalog.models import PRICE_MAX_POINTS, Product
from catalog.serializers import CategorySerializer, ProductDetailSerializer, ProductSerializer
from mall.core.api import PageNumbers, listed, whole
from mall.core.limits import who
from mall.core.strict import StrictSerializer, read


class ProductQuery(StrictSerializer):
    """What may be asked of the list."""

    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=60,
        help_text="Words in name, summary or tags, in either language, simplified or traditional; "
        "of names pinyin or its initials too. Where nothing says them, what nearly does.",
    )
    category = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=50,
        help_text="Slug or id; includes the categories inside it.",
    )
    pay_mode = serializers.ChoiceField(Product.PayMode.choices, required=False)
    min_points = serializers.IntegerField(required=False, min_value=0, max_value=PRICE_MAX_POINTS)
    max_points = serializers.IntegerField(required=False, min_value=0, max_value=PRICE_MAX_POINTS)
    affordable = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Only what the caller's points buy now; needs a token.",
    )
    ordering = serializers.ChoiceField(
        list(storefront.ORDERINGS),
        required=False,
        help_text="Left out: of a search the best first, else the newest.",
    )
    page = serializers.IntegerField(required=False, min_value=1, max_value=10_000, default=1)

    def validate_category(self, asked):
        found = storefront.category(asked) if asked else None
        if asked and found is None:
            raise serializers.ValidationError(_("There is no such category."), "invalid_choice")
        return found["slug"] if found else ""

    def validate_affordable(self, asked):
        if asked and self.context["available"] is None:
            raise serializers.ValidationError(
                _("Sign in to see what you can afford."), "not_authenticated"
            )
        return asked

    def validate(self, asked):
        if (
            asked.get("min_points") is not None
            and asked.get("max_points") is not None
            and asked["min_points"] > asked["max_points"]
        ):
            raise serializers.ValidationError(
                {
                    "max_points": [
                        serializers.ErrorDetail(_("This is less than the lower bound."), "invalid")
                    ]
                }
            )
        return asked


class CategoryList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="categories_list",
        tags=["goods"],
        responses=listed("CategoryPage", CategorySerializer),
    )
    def get(self, request):
        """List all categories, parents before children."""
        return Response(whole(CategorySerializer(storefront.tree(), many=True).data))


class ProductList(KeptView):
    @extend_schema(
        operation_id="products_list",
        tags=["goods"],
        parameters=[ProductQuery],
        responses=listed("ProductPage", ProductSerializer),
    )
    def get(self, request):
        """List products on sale, 24 a page."""
        available = request.purse.available
        query = read(ProductQuery, request.query_params, context={"available": available})
        asked = dict(query.validated_data)
        affordable_with = available if asked.pop("affordable") else None
        shelf = storefront.listing(
            storefront.Filters(
                affordable_with=affordable_with, tier=audience.tier_of(request), **asked
            ),
            available=available,
        )
        if shelf.object_list and asked.get("search") and not shelf.is_guess:
            searches.note(asked["search"], by=who("search", request))
        if asked["page"] > shelf.paginator.num_pages:
            raise NotFound
        pages = PageNumbers()
        pages.page, pages.request = shelf, request
        return pages.get_paginated_response(
            ProductSerializer(shelf.object_list, many=True, context={"request": request}).data
        )


class ProductDetail(KeptView):
    kept_seconds = 1  # it says how many pieces are left, and a sale does not tell

    @extend_schema(
        operation_id="products_retrieve",
        tags=["goods"],
        parameters=[OpenApiParameter("product_id", int, OpenApiParameter.PATH)],
        responses=ProductDetailSerializer,
    )
    def get(self, request, product_id):
        """Show one product on sale with its SKUs and their stock."""
        available = request.purse.available
        product = storefront.detail(product_id, available=available, tier=audience.tier_of(request))
        if product is None:
            raise NotFound
        return Response(ProductDetailSerializer(product, context={"request": request}).data)


class SuggestionSerializer(serializers.Serializer):
    text = serializers.CharField()
    product = serializers.IntegerField(
        allow_null=True, help_text="Null: a word that many search for."
    )


class SuggestionQuery(StrictSerializer):
    search = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")


class Suggestions(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="products_suggest",
        tags=["goods"],
        parameters=[SuggestionQuery],
        responses=listed("SuggestionPage", SuggestionSerializer),
    )
    def get(self, request):
        """Suggest up to eight lines for what was typed so far; nothing typed: what many search
        for. Counts as any request: ask when the typing pauses.
        """
        typed = read(SuggestionQuery, request.query_params).validated_data["search"]
        lines = suggestions.suggest(typed, tier=audience.tier_of(request))
        return Response(whole(SuggestionSerializer(lines, many=True).data))


urlpatterns = [
    path("categories", CategoryList.as_view()),
    path("products", ProductList.as_view()),
    path("products/suggestions", Suggestions.as_view()),
    path("products/<int:product_id>", ProductDetail.as_view()),
    *freight_api.urlpatterns,
    *review_api.urlpatterns,
    *staff_api.urlpatterns,
    *price_api.urlpatterns,
    *stock_api.urlpatterns,
]
