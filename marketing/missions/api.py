"""Missions in API v1: the board, and collecting a reward. No endpoint names a fact: the shop sees
them itself.
"""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import listed, whole
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictSerializer, read
from marketing.missions import board, counting
from marketing.models import Mission
from points import balance, event_delivery

TAGS = ["missions"]
STATES = [board.OPEN, board.LOCKED, board.CLAIMABLE, board.DONE]


class MissionSerializer(serializers.Serializer):
    """A mission as the caller stands with it in one period."""

    code = serializers.SlugField()
    title = serializers.CharField(source="mission.title")
    text = serializers.CharField(source="mission.text", allow_blank=True)
    kind = serializers.ChoiceField(Mission.Kind.choices, source="mission.kind")
    event = serializers.CharField(source="mission.event", help_text="What moves it.")
    state = serializers.ChoiceField(STATES)
    count = serializers.IntegerField(help_text="Done so far.")
    target = serializers.IntegerField()
    points = serializers.IntegerField(
        help_text="The reward; what was promised when the caller began."
    )
    tickets = serializers.IntegerField(
        source="mission.tickets", help_text="Tickets of a lucky draw that are part of the reward."
    )
    coupon = serializers.IntegerField(
        source="mission.coupon_id",
        allow_null=True,
        help_text="Template of a coupon that is part of the reward.",
    )
    is_automatic = serializers.BooleanField(
        source="mission.is_automatic", help_text="Rewarded without a claim."
    )
    period = serializers.CharField(help_text="2026-11-21, 2026-W47, or once.")
    ends_at = serializers.DateTimeField(allow_null=True)
    after = serializers.CharField(
        allow_blank=True, help_text="Title of the mission to complete first."
    )
    icon = serializers.CharField(source="mission.icon", help_text="Name of a Bootstrap icon.")
    link = serializers.CharField(allow_blank=True, help_text="The page where one does it.")


class ClaimedSerializer(serializers.Serializer):
    code = serializers.SlugField(source="mission.code")
    period = serializers.CharField()
    points = serializers.IntegerField(source="paid", help_text="Points that were paid.")
    available = serializers.IntegerField(help_text="Points the caller can spend now.")


class NoFields(StrictSerializer):
    """A request that says everything by its address."""


class MissionListView(APIView):
    @extend_schema(
        operation_id="missions_list", tags=TAGS, responses=listed("MissionPage", MissionSerializer)
    )
    def get(self, request):
        """List the caller's missions: what waits to be collected first, then what is open, locked
        and done.
        """
        event_delivery.hear(request.user)
        return Response(whole(MissionSerializer(board.of(request.user), many=True).data))


class ClaimView(APIView):
    @extend_schema(
        operation_id="missions_claim",
        tags=TAGS,
        request=NoFields,
        responses=ClaimedSerializer,
        parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH)],
    )
    def post(self, request, code):
        """Collect the reward of a completed mission; 409 when it is not completed, or collected
        already.
        """
        read(NoFields, request.data)
        limit(request, "claim", ACTIONS_PER_MEMBER)
        row = counting.claim(request.user, code)
        row.available = balance.of(request.user).available
        return Response(ClaimedSerializer(row).data)


urlpatterns = [
    path("missions", MissionListView.as_view(), name="missions"),
    path("missions/<str:code>/claim", ClaimView.as_view(), name="mission-claim"),
]
