"""Notices in API v1: the inbox, and what a member wants to hear of."""

from functools import partial

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.profile import change_language
from mall.core.api import Cursor
from mall.core.api_fields import StrictBooleanField
from mall.core.shapes import ModelShape
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing.models import Notification
from marketing.notices import digest, inbox, preferences
from marketing.notices.topics import MANNERS, TOPICS
from points import event_delivery

KINDS = Notification.Kind.choices


class NotificationSerializer(ModelShape):
    title = serializers.CharField(source="wording.title", read_only=True)
    text = serializers.CharField(source="wording.text", read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "text", "url", "created_at", "read_at"]


class NewestFirst(Cursor):
    ordering = "-id"


class InboxQuery(StrictSerializer):
    cursor = serializers.CharField(required=False, max_length=200)


class Notifications(APIView):
    """The member's notices, newest first, in the language asked for."""

    pagination_class = NewestFirst

    @extend_schema(
        operation_id="list_notifications",
        tags=["notifications"],
        responses=NotificationSerializer(many=True),
    )
    def get(self, request):
        if sent := request.query_params:
            read(InboxQuery, sent.dict())
        event_delivery.hear(request.user)
        pages = self.pagination_class()
        page = pages.page_of(partial(inbox.notices_of, request.user.pk), request)
        return pages.get_paginated_response(NotificationSerializer(page, many=True).data)


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
        seen = inbox.mark_read(request.user, ids=asked.validated_data.get("ids"))
        return Response(
            ReadSerializer({"read": seen, "unread": inbox.unread_count(request.user)}).data
        )


class ChoiceChangeSerializer(StrictSerializer):
    """What to change about one kind; what is left out stays."""

    kind = serializers.ChoiceField(choices=KINDS)
    inbox = StrictBooleanField(required=False)
    email = StrictBooleanField(required=False)


class NoticesChangeSerializer(StrictSerializer):
    """What to change; money, goods and safety stay in the inbox whatever is sent."""

    language = serializers.ChoiceField(choices=["zh-hans", "en"], required=False)
    digest = StrictBooleanField(required=False)
    kinds = ChoiceChangeSerializer(many=True, required=False, max_length=len(MANNERS))


class NoticeKindSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    label = serializers.CharField()
    topic = serializers.ChoiceField(choices=list(TOPICS))
    inbox = serializers.BooleanField()
    email = serializers.BooleanField()
    fixed_inbox = serializers.BooleanField(help_text="Always in the inbox.")
    fixed_email = serializers.BooleanField(help_text="Always by e-mail.")


class NoticesSerializer(serializers.Serializer):
    language = serializers.CharField(help_text="The language of mails.")
    digest = serializers.BooleanField(
        help_text="What is not urgent comes together once a day, by mail and on the phone."
    )
    digest_hour = serializers.IntegerField(help_text="When that is, shop time.")
    kinds = NoticeKindSerializer(many=True)


class MyNotices(APIView):
    """What the member hears of, kind by kind, and in which language mails come."""

    @extend_schema(
        operation_id="read_notification_preferences",
        tags=["notifications"],
        responses=NoticesSerializer,
    )
    def get(self, request):
        """Read the choices for every kind."""
        return Response(_shown(request.user))

    @extend_schema(
        operation_id="change_notification_preferences",
        tags=["notifications"],
        request=NoticesChangeSerializer,
        responses=NoticesSerializer,
    )
    def patch(self, request):
        """Change some choices; answers with all of them."""
        sent = read(NoticesChangeSerializer, request.data)
        present = preferences.of(request.user)
        changes = {}
        for change in sent.validated_data.get("kinds", ()):
            before = changes.get(change["kind"], present[change["kind"]])
            changes[change["kind"]] = preferences.Choice(
                change.get("inbox", before.inbox), change.get("email", before.email)
            )
        preferences.choose(request.user, changes)
        if "digest" in sent.validated_data:
            digest.choose(request.user, sent.validated_data["digest"])
        if "language" in sent.validated_data:
            change_language(request.user, sent.validated_data["language"])
        return Response(_shown(request.user))


def _shown(user):
    kinds = [
        _kind(topic["topic"], row) for topic in preferences.by_topic(user) for row in topic["rows"]
    ]
    said = {"language": user.language, "kinds": kinds}
    once = {"digest": digest.is_on_for(user), "digest_hour": digest.hour()}
    return NoticesSerializer({**said, **once}).data


def _kind(topic, row):
    choice = row["choice"]
    fixed = {"fixed_inbox": row["fixed_inbox"], "fixed_email": row["fixed_email"]}
    return {
        "kind": row["kind"],
        "label": str(row["label"]),
        "topic": topic,
        "inbox": choice.inbox,
        "email": choice.email,
        **fixed,
    }


urlpatterns = [
    path("notifications", Notifications.as_view(), name="notifications"),
    path("notifications/read", Read.as_view(), name="notifications-read"),
    path("me/notifications", MyNotices.as_view(), name="notification-preferences"),
]
