"""The leaderboard in API v1: a board, one's own place, and whether one takes part."""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import clock
from mall.core.api_fields import DayField
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictSerializer, read
from marketing.leaderboard import counting, standings
from marketing.models import Board
from points import event_delivery

TAGS = ["leaderboard"]


class BoardQuery(StrictSerializer):
    period = serializers.ChoiceField(Board.Period.choices, default=Board.Period.WEEK)
    of = DayField(required=False)


class TakePartRequest(StrictSerializer):
    is_shown = serializers.BooleanField()


class RowSerializer(serializers.Serializer):
    rank = serializers.IntegerField(help_text="Members with equal points share one.")
    name = serializers.CharField(help_text="Under a mask.")
    points = serializers.IntegerField()
    is_own = serializers.BooleanField()
    badges = serializers.ListField(child=serializers.CharField(), source="titles")


class PlaceSerializer(serializers.Serializer):
    rank = serializers.IntegerField()
    points = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Points to the next place above; 0 on the first.")
    next = serializers.IntegerField(allow_null=True, help_text="The rank of that place.")


class BoardSerializer(serializers.Serializer):
    period = serializers.ChoiceField(Board.Period.choices, source="board.period")
    starts_on = serializers.DateField(source="board.starts_on")
    ends_on = serializers.DateField(source="board.ends_on")
    is_frozen = serializers.BooleanField(source="board.is_frozen")
    members = serializers.IntegerField(help_text="How many members have points on it.")
    results = RowSerializer(many=True, source="rows", help_text="The first fifty.")
    own = PlaceSerializer(
        allow_null=True, help_text="Null: no points yet, or the caller takes no part."
    )
    is_shown = serializers.BooleanField(help_text="Whether the caller takes part.")


class LeaderboardView(APIView):
    @extend_schema(
        operation_id="read_leaderboard",
        tags=TAGS,
        parameters=[
            OpenApiParameter("period", str, enum=Board.Period.values, default="week"),
            OpenApiParameter(
                "of",
                {"type": "string", "format": "date"},
                description="The first day of an earlier week or month.",
            ),
        ],
        responses=BoardSerializer,
    )
    def get(self, request):
        """Read who earned most by activity in this week or month, or an earlier one."""
        asked = read(BoardQuery, request.query_params.dict()).validated_data
        event_delivery.hear(request.user)
        counting.count_if_behind(request.user.pk)
        period, first = asked["period"], asked.get("of")
        current = counting.board_of(period, clock.today())
        board = (first and standings.board_from(period, first)) or current
        return Response(BoardSerializer(standings.of(board, request.user)).data)

    @extend_schema(
        operation_id="take_part_in_leaderboard",
        tags=TAGS,
        request=TakePartRequest,
        responses=TakePartRequest,
    )
    def patch(self, request):
        """Take part, or be on no board any more, past ones included."""
        is_shown = read(TakePartRequest, request.data).validated_data["is_shown"]
        limit(request, "leaderboard", ACTIONS_PER_MEMBER)
        counting.take_part(request.user.pk, is_shown)
        return Response({"is_shown": is_shown})


urlpatterns = [path("leaderboard", LeaderboardView.as_view())]
