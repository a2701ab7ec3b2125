"""A member's own reviews in API v1."""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import reviews as written
from catalog.models import LONGEST_REVIEW, MOST_STARS, Review
from mall.core.api import Cursor
from mall.core.limits import limit
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from orders.pricing import LARGEST_ID
from orders.reviews import lines
from orders.reviews.forms import REVIEWS_PER_MEMBER

TAGS = ["reviews"]


class ReviewCursor(Cursor):
    ordering = "-pk"


class WordsRequest(StrictSerializer):
    stars = StrictIntegerField(min_value=1, max_value=MOST_STARS)
    text = serializers.CharField(
        max_length=LONGEST_REVIEW + 1000,
        trim_whitespace=False,
        help_text="15 to 1000 characters, blanks aside.",
    )


class ReviewRequest(WordsRequest):
    line = StrictIntegerField(
        min_value=1, max_value=LARGEST_ID, help_text="Id of the order's line."
    )


class OwnReviewSerializer(serializers.ModelSerializer):
    product = serializers.IntegerField(source="product_id")

    class Meta:
        model = Review
        fields = [
            "id",
            "line",
            "product",
            "stars",
            "text",
            "status",
            "reason",
            "answer",
            "created_at",
            "edited_at",
        ]


class OrderReviewsView(APIView):
    @extend_schema(
        operation_id="orders_review",
        tags=TAGS,
        request=ReviewRequest,
        responses={201: OwnReviewSerializer},
        parameters=[OpenApiParameter("no", str, OpenApiParameter.PATH)],
    )
    def post(self, request, no):
        """Review a line of an own completed order, once; shown when the shop has read it."""
        sent = read(ReviewRequest, request.data).validated_data
        limit(request, "review", REVIEWS_PER_MEMBER)
        return Response(
            OwnReviewSerializer(lines.write(request.user, no=no, **sent)).data, status=201
        )


class OwnReviewsView(APIView):
    pagination_class = ReviewCursor

    @extend_schema(operation_id="reviews_list", tags=TAGS, responses=OwnReviewSerializer(many=True))
    def get(self, request):
        """List the caller's reviews, newest first."""
        pages = self.pagination_class()
        page = pages.paginate_queryset(Review.objects.of(request.user), request, view=self)
        return pages.get_paginated_response(OwnReviewSerializer(page, many=True).data)


@extend_schema(parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)], tags=TAGS)
class OwnReviewView(APIView):
    @extend_schema(operation_id="reviews_edit", request=WordsRequest, responses=OwnReviewSerializer)
    def put(self, request, id):
        """Change an own review that is not published; it waits again."""
        sent = read(WordsRequest, request.data).validated_data
        limit(request, "review", REVIEWS_PER_MEMBER)
        return Response(OwnReviewSerializer(written.edit(request.user, id, **sent)).data)

    @extend_schema(operation_id="reviews_remove", request=None, responses={204: None})
    def delete(self, request, id):
        """Delete an own review."""
        written.remove(request.user, id)
        return Response(status=204)


urlpatterns = [
    path("orders/<str:no>/reviews", OrderReviewsView.as_view()),
    path("me/reviews", OwnReviewsView.as_view()),
    path("me/reviews/<int:id>", OwnReviewView.as_view()),
]
