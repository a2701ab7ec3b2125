"""The door for the shop's other systems: no token, no session, a signature over the raw body
instead.
"""

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import repeats
from mall.core.openapi import refusal
from marketing import events
from marketing.errors import EventTooLarge
from marketing.models import CustomEvent

SIGNED = [
    OpenApiParameter(
        events.TIMESTAMP_HEADER,
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="Seconds since 1970, UTC; at most 300 seconds from now, before or after.",
    ),
    OpenApiParameter(
        events.SIGNATURE_HEADER,
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="Hex HMAC-SHA256 with EVENT_SECRET over the timestamp, a dot and the raw body.",
    ),
    OpenApiParameter(
        "Idempotent-Replayed",
        str,
        OpenApiParameter.HEADER,
        response=[200],
        description="true: this event was told before.",
    ),
]


class CustomEventRequest(serializers.Serializer):
    """What a call says."""

    event = serializers.RegexField(
        r"^[a-z0-9][a-z0-9_.-]{0,31}$",
        help_text="Name; pays by the rule of the action event:<name>.",
    )
    member = serializers.CharField(help_text="Username.")
    key = serializers.RegexField(
        rf"^{repeats.PLAIN}{{1,{events.LONGEST_KEY}}}$",
        help_text="One per fact; told again it changes nothing.",
    )
    occurred_at = serializers.DateTimeField(help_text="With offset; at most 31 days old.")
    data = serializers.DictField(required=False, help_text="Kept with the event.")


class CustomEventSerializer(serializers.ModelSerializer):
    member = serializers.CharField(source="user.username")

    class Meta:
        model = CustomEvent
        fields = ["event", "key", "member", "occurred_at", "received_at", "points"]


class EventView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []

    @extend_schema(
        operation_id="events_tell",
        tags=["events"],
        parameters=SIGNED,
        request=CustomEventRequest,
        responses={
            200: OpenApiResponse(
                CustomEventSerializer, description="Told before; nothing changed."
            ),
            201: CustomEventSerializer,
            403: refusal("bad_signature: not signed by us, or not now."),
            404: refusal("unknown_event, unknown_member."),
            413: refusal("too_large: more than 64 KiB."),
            422: refusal("idempotency_conflict: the key was told with something else."),
        },
    )
    def post(self, request):
        """Tell what another system of the shop saw a member do; signed, and once per (event,
        key).
        """
        if (
            int(request.META.get("CONTENT_LENGTH") or 0) > events.EVENT_BYTES
            or len(request.body) > events.EVENT_BYTES
        ):
            raise EventTooLarge
        event, is_known = events.receive(request.body, request.headers)
        headers = {"Idempotent-Replayed": "true"} if is_known else None
        return Response(
            CustomEventSerializer(event).data, status=200 if is_known else 201, headers=headers
        )


urlpatterns = [path("events", EventView.as_view(), name="events")]
