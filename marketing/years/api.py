"""A year in points in API v1: the numbers of one's own year, and its link for others."""

from django.urls import path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.limits import limit
from marketing.years import sharing, summary
from orders.serializers import YuanField

TAGS = ["years"]
SHARES_PER_MEMBER = "10/h"


class YearWaySerializer(serializers.Serializer):
    name = serializers.CharField()
    points = serializers.IntegerField()


class YearSerializer(serializers.Serializer):
    year = serializers.IntegerField()
    earned = serializers.IntegerField(help_text="Points of all rules together.")
    ways = YearWaySerializer(many=True, help_text="What earned most, the most first.")
    spent = serializers.IntegerField(help_text="Points for goods, less what came back.")
    orders = serializers.IntegerField()
    pieces = serializers.IntegerField()
    saved = YuanField(help_text="Worth of the points at each order's rate, and coupons.")
    category = serializers.CharField(allow_blank=True, help_text="Of most pieces.")
    check_ins = serializers.IntegerField()
    best_streak = serializers.IntegerField(help_text="Days.")
    badges = serializers.ListField(child=serializers.CharField(), source="titles")
    is_empty = serializers.BooleanField()


class LinkSerializer(serializers.Serializer):
    url = serializers.URLField(allow_null=True, help_text="Null: the year is not shared.")
    picture = serializers.URLField(allow_null=True, help_text="Its PNG, 1200 × 630, to post.")


def _known(request, year):
    if year not in summary.years_of(request.user):
        raise NotFound
    return year


class YearView(APIView):
    @extend_schema(operation_id="read_year", tags=TAGS, responses=YearSerializer)
    def get(self, request, year):
        """Read what a year of the caller was; 404 for years before they came."""
        return Response(YearSerializer(summary.of(request.user, _known(request, year))).data)


class YearLinkView(APIView):
    @extend_schema(operation_id="share_year", tags=TAGS, request=None, responses=LinkSerializer)
    def put(self, request, year):
        """Share a year: whoever has the link sees its numbers and a masked name."""
        limit(request, "year", SHARES_PER_MEMBER)
        token = sharing.token_of(sharing.share(request.user, _known(request, year)))
        pages = {"url": "year_shared", "picture": "year_shared_picture"}
        return Response(
            {
                name: request.build_absolute_uri(reverse(f"marketing:{page}", args=[token]))
                for name, page in pages.items()
            }
        )

    @extend_schema(operation_id="unshare_year", tags=TAGS, responses={200: LinkSerializer})
    def delete(self, request, year):
        """Let the link to a year die."""
        sharing.revoke(request.user, _known(request, year))
        return Response({"url": None, "picture": None})


urlpatterns = [
    path("years/<int:year>", YearView.as_view()),
    path("years/<int:year>/link", YearLinkView.as_view()),
]
