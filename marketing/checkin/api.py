"""The daily check-in in API v1."""

from datetime import date

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import clock
from mall.core.api import StrictSerializer, read
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.shapes import Shape
from marketing.checkin import streak

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class MonthQuery(StrictSerializer):
    """?month=2026-11; without it the present month."""

    month = serializers.RegexField(MONTH, required=False)

    def day(self) -> date:
        month = self.validated_data.get("month")
        return date.fromisoformat(f"{month}-01") if month else clock.today()


class NoFields(StrictSerializer):
    """A request that says everything by its address."""


class CheckInSerializer(Shape):
    on = serializers.DateField()
    streak = serializers.IntegerField()
    points = serializers.IntegerField()


class CheckedInSerializer(CheckInSerializer):
    available = serializers.IntegerField()
    set_aside = serializers.IntegerField(
        help_text="Points that wait until the review of the account is over."
    )


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
        month, now = query.day(), streak.standing(request.user)
        days = streak.month_of(request.user, month)
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
        row = streak.check_in(request.user)
        answer = {
            "on": row.on,
            "streak": row.streak,
            "points": row.points,
            "set_aside": row.set_aside,
            "available": row.available,
        }
        return Response(CheckedInSerializer(answer).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("checkins", CheckIns.as_view(), name="checkins"),
]
