"""Reviews of a product in API v1. Public; writing one is done from the order
(orders/reviews/api.py).
"""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import audience, reviews, storefront
from catalog.models import MOST_STARS, Review
from mall.core.api import PageNumbers
from mall.core.strict import StrictSerializer, read

TAGS = ["reviews"]


class ReviewSerializer(serializers.ModelSerializer):
    author = serializers.CharField(help_text="In part only.")
    choice = serializers.CharField(
        source="choice_name", allow_blank=True, help_text="The SKU that was bought."
    )

    class Meta:
        model = Review
        fields = ["id", "stars", "text", "author", "choice", "created_at", "answer", "answered_at"]


class StarsSerializer(serializers.Serializer):
    stars = serializers.IntegerField()
    count = serializers.IntegerField()


class ReviewPageSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    average = serializers.DecimalField(
        2, 1, allow_null=True, help_text=f"1.0 to {MOST_STARS}.0; null before the first one."
    )
    distribution = StarsSerializer(many=True, help_text="Five stars first.")
    results = ReviewSerializer(many=True)


class PageQuery(StrictSerializer):
    page = serializers.IntegerField(required=False, min_value=1, max_value=100_000, default=1)


class ProductReviews(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="products_reviews",
        tags=TAGS,
        parameters=[OpenApiParameter("product_id", int, OpenApiParameter.PATH), PageQuery],
        responses=ReviewPageSerializer,
    )
    def get(self, request, product_id):
        """List what members say about a product, newest first, 10 a page, with average and
        distribution.
        """
        query = read(PageQuery, request.query_params)
        if storefront.detail(product_id, tier=audience.tier_of(request)) is None:
            raise NotFound
        said, number = reviews.summary(product_id), query.validated_data["page"]
        page = reviews.page_of(product_id, number, count=said.count)
        if number > page.paginator.num_pages:
            raise NotFound
        pages = PageNumbers()
        pages.page, pages.request = page, request
        answer = pages.get_paginated_response(
            ReviewSerializer(page.object_list, many=True).data
        ).data
        stars = [{"stars": stars, "count": number} for stars, number, _percent in said.stars]
        return Response(
            {**answer, "average": said.average and str(said.average), "distribution": stars}
        )


urlpatterns = [path("products/<int:product_id>/reviews", ProductReviews.as_view())]
