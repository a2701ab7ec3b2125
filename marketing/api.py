"""The API of marketing: check-ins and the inbox."""

from datetime import date

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import clock
from mall.core.api import Cursor, StrictIntegerField, StrictSerializer, read
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from marketing import checkin, event_api, mission_api, notice_api, notifications, share_api
from marketing.models import Notification
from marketing.recommendations import api as suggestion_api
from points import balance

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class MonthQuery(StrictSerializer):
    """?month=2026-11; without it the present month."""

    month = serializers.RegexField(MONTH, required=False)

    def day(self) -> date:
        month = self.validated_data.get("month")
        return date.fromisoformat(f"{month}-01") if month else clock.today()


class NoFields(StrictSerializer):
    """A request that says everything by its address."""


class CheckInSerializer(serializers.Serializer):
    on = serializers.DateField()
    streak = serializers.IntegerField()
    points = serializers.IntegerField()


class CheckedInSerializer(CheckInSerializer):
    available = serializers.IntegerField()


class CheckInsSerializer(serializers.Serializer):
    month = serializers.CharField()
    checked_in_today = serializers.BooleanField()
    streak = serializers.IntegerField(help_text="Days in a row that are alive today.")
    points_today = serializers.IntegerField(help_text="What today gave, or would give.")
    points_tomorrow = serializers.IntegerField(
        help_text="What tomorrow gives after checking in today."
    )
    count = serializers.IntegerField()
    results = CheckInSerializer(many=True)


class CheckIns(APIView):
    """The member's check-ins of a month, and today's."""

    @extend_schema(
        operation_id="list_check_ins",
        tags=["check-in"],
        parameters=[
            OpenApiParameter(
                "month",
                {"type": "string", "pattern": MONTH},
                description="2026-11; without it the present month.",
            )
        ],
        responses=CheckInsSerializer,
    )
    def get(self, request):
        """List the check-ins of a month, with the streak and what today and tomorrow give."""
        query = read(MonthQuery, request.query_params.dict())
        month, now = query.day(), checkin.standing(request.user)
        days = checkin.month_of(request.user, month)
        answer = {
            "month": f"{month:%Y-%m}",
            "checked_in_today": now.is_checked_in,
            "streak": now.streak,
            "points_today": now.points_today,
            "points_tomorrow": now.points_tomorrow,
            "count": len(days),
            "results": days,
        }
        return Response(CheckInsSerializer(answer).data)

    @extend_schema(
        operation_id="check_in",
        tags=["check-in"],
        request=NoFields,
        responses={201: CheckedInSerializer},
    )
    def post(self, request):
        """Check in today; a second time on the same shop day is refused with 409."""
        read(NoFields, request.data)
        limit(request, "checkin", ACTIONS_PER_MEMBER)
        row = checkin.check_in(request.user)
        answer = {
            "on": row.on,
            "streak": row.streak,
            "points": row.points,
            "available": balance.of(request.user).available,
        }
        return Response(CheckedInSerializer(answer).data, status=status.HTTP_201_CREATED)


class NotificationSerializer(serializers.ModelSerializer):
    title = serializers.CharField(source="wording.title", read_only=True)
    text = serializers.CharField(source="wording.text", read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "text", "url", "created_at", "read_at"]


class NewestFirst(Cursor):
    ordering = "-id"


class InboxQuery(StrictSerializer):
    cursor = serializers.CharField(required=False, max_length=200)


@extend_schema_view(get=extend_schema(operation_id="list_notifications", tags=["notifications"]))
class Notifications(ListAPIView):
    """The member's notices, newest first, in the language asked for."""

    serializer_class = NotificationSerializer
    pagination_class = NewestFirst

    def list(self, request, *args, **kwargs):
        read(InboxQuery, request.query_params.dict())
        return super().list(request, *args, **kwargs)

    def get_queryset(self):
        return notifications.inbox(self.request.user)


class ReadRequest(StrictSerializer):
    ids = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        max_length=100,
        required=False,
        help_text="All when left out.",
    )


class ReadSerializer(serializers.Serializer):
    read = serializers.IntegerField(help_text="How many were unread until now.")
    unread = serializers.IntegerField()


class Read(APIView):
    """Mark notices as read: the named ones, or all."""

    @extend_schema(
        operation_id="read_notifications",
        tags=["notifications"],
        request=ReadRequest,
        responses=ReadSerializer,
    )
    def post(self, request):
        asked = read(ReadRequest, request.data)
        seen = notifications.mark_read(request.user, ids=asked.validated_data.get("ids"))
        return Response(
            ReadSerializer({"read": seen, "unread": notifications.unread_count(request.user)}).data
        )


urlpatterns = [
    path("checkins", CheckIns.as_view(), name="checkins"),
    path("notifications", Notifications.as_view(), name="notifications"),
    path("notifications/read", Read.as_view(), name="notifications-read"),
    *notice_api.urlpatterns,
    *mission_api.urlpatterns,
    *share_api.urlpatterns,
    *event_api.urlpatterns,
    *suggestion_api.urlpatterns,
]
