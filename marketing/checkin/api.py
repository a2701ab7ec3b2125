"""The daily check-in in API v1, and making up a missed day."""

from datetime import date

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import clock
from mall.core.limits import ACTIONS_PER_MEMBER, limit
from mall.core.strict import StrictSerializer, read
from marketing.checkin import board, make_up, streak
from marketing.checkin.shapes import (
    CheckedInSerializer,
    CheckInsSerializer,
    MadeUpSerializer,
    MakeUpsSerializer,
)

MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
TAGS = ["check-in"]


class MonthQuery(StrictSerializer):
    """?month=2026-11; without it the present month."""

    month = serializers.RegexField(MONTH, required=False)

    def day(self) -> date:
        month = self.validated_data.get("month")
        return date.fromisoformat(f"{month}-01") if month else clock.today()


class NoFields(StrictSerializer):
    """A request that says everything by its address."""


class MakeUpRequest(StrictSerializer):
    on = serializers.DateField(help_text="The missed shop day.")
    price = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="Points the caller was shown; 409 price_changed when it costs something else.",
    )


class CheckIns(APIView):
    """The member's check-ins of a month, and today's."""

    @extend_schema(
        operation_id="list_check_ins",
        tags=TAGS,
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
        """List the days of a month that count, with the streak, what today and tomorrow give, the
        next milestone, shields and the price of making a day up.
        """
        query = read(MonthQuery, request.query_params.dict())
        month = query.day()
        found = board.of(request.user, month)
        now, offer = found.standing, found.offer
        answer = {
            "month": f"{month:%Y-%m}",
            "checked_in_today": now.is_checked_in,
            "streak": now.streak,
            "points_today": now.points_today,
            "points_tomorrow": now.points_tomorrow,
            "next_milestone": now.milestone,
            "shields": {
                "a_month": found.shields_a_month,
                "left": found.shields_left,
                "saving": now.saved,
            },
            "make_up": {"price": offer.price, "left": offer.left, "days": len(offer.days)},
            "outage_days": found.calendar.outages,
            "count": len(found.calendar.days),
            "results": found.calendar.days,
        }
        return Response(CheckInsSerializer(answer).data)

    @extend_schema(
        operation_id="check_in",
        tags=TAGS,
        request=NoFields,
        responses={201: CheckedInSerializer},
    )
    def post(self, request):
        """Check in today; a second time on the same shop day is refused with 409. Says what the
        day gave, and every milestone and mission that paid in the same act.
        """
        read(NoFields, request.data)
        limit(request, "checkin", ACTIONS_PER_MEMBER)
        row = streak.check_in(request.user)
        return Response(CheckedInSerializer(row).data, status=status.HTTP_201_CREATED)


class MakeUps(APIView):
    """Missed days that may be made up for points."""

    @extend_schema(operation_id="list_make_ups", tags=TAGS, responses=MakeUpsSerializer)
    def get(self, request):
        """List the missed days the caller may make up now, each with its price and the streak it
        leads to.
        """
        offer = make_up.offer(request.user)
        return Response(MakeUpsSerializer(offer).data)

    @extend_schema(
        operation_id="make_up",
        tags=TAGS,
        request=MakeUpRequest,
        responses={201: MadeUpSerializer},
    )
    def post(self, request):
        """Make a missed day up; once, and refused with 409 when it is no missed day of the window,
        all are used up, the price is another, or the points do not suffice.
        """
        asked = read(MakeUpRequest, request.data).validated_data
        limit(request, "make_up", ACTIONS_PER_MEMBER)
        row = make_up.make_up(request.user, asked["on"], price=asked.get("price"))
        row.streak = streak.standing(request.user).streak
        return Response(MadeUpSerializer(row).data, status=status.HTTP_201_CREATED)


urlpatterns = [
    path("checkins", CheckIns.as_view(), name="checkins"),
    path("checkins/make-up", MakeUps.as_view(), name="make-ups"),
]
