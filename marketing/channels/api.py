"""Channels in API v1: what a member wants on their phone, browsers that show notices, and what they
allowed in the mini-program.
"""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api_fields import StrictBooleanField
from mall.core.strict import StrictSerializer, read
from marketing.channels import choices, ports, web_push
from marketing.models import Channel
from marketing.notices.topics import TOPICS


class ChannelTopicSerializer(serializers.Serializer):
    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.ChoiceField(choices=list(TOPICS))
    wanted = serializers.BooleanField()


class ChannelsSerializer(serializers.Serializer):
    """What a member wants by which of the shop's channels; nothing unless they say so."""

    push_key = serializers.CharField(
        allow_blank=True, help_text="For PushManager.subscribe; empty: the shop has no push."
    )
    topics = ChannelTopicSerializer(many=True)


class ChannelChangeSerializer(StrictSerializer):
    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.ChoiceField(choices=list(TOPICS))
    wanted = StrictBooleanField()


class ChannelsChangeSerializer(StrictSerializer):
    """What to change; what is left out stays, and channels the shop does not have stay off."""

    topics = ChannelChangeSerializer(many=True, max_length=len(TOPICS) * len(Channel.values))


class PushKeysSerializer(StrictSerializer):
    p256dh = serializers.CharField(max_length=200)
    auth = serializers.CharField(max_length=50)


class PushDeviceRequest(StrictSerializer):
    """A ``PushSubscription`` as browsers write it in JSON."""

    endpoint = serializers.CharField(max_length=choices.ADDRESS_LENGTH)
    keys = PushKeysSerializer()
    name = serializers.CharField(max_length=60, required=False, allow_blank=True)


class PushGoneRequest(StrictSerializer):
    endpoint = serializers.CharField(max_length=choices.ADDRESS_LENGTH)


class WeChatAllowedRequest(StrictSerializer):
    """What ``wx.requestSubscribeMessage`` said "accept" to."""

    templates = serializers.ListField(child=serializers.CharField(max_length=64), max_length=5)


class Channels(APIView):
    """The ways beside inbox and mail."""

    @extend_schema(
        operation_id="read_channels", tags=["notifications"], responses=ChannelsSerializer
    )
    def get(self, request):
        """Read what the member wants by which channel."""
        return Response(_shown(request.user))

    @extend_schema(
        operation_id="change_channels",
        tags=["notifications"],
        request=ChannelsChangeSerializer,
        responses=ChannelsSerializer,
    )
    def patch(self, request):
        """Change some; answers with all of them."""
        changes = {}
        for one in read(ChannelsChangeSerializer, request.data).validated_data["topics"]:
            changes.setdefault(one["channel"], {})[one["topic"]] = one["wanted"]
        choices.choose(request.user, changes)
        return Response(_shown(request.user))


class PushDevices(APIView):
    """Browsers that show the shop's notices."""

    @extend_schema(
        operation_id="add_push_device",
        tags=["notifications"],
        request=PushDeviceRequest,
        responses={204: None},
    )
    def post(self, request):
        """Keep this browser; the same again changes nothing."""
        said = read(PushDeviceRequest, request.data).validated_data
        choices.add_device(
            request.user,
            address=said["endpoint"],
            public_key=said["keys"]["p256dh"],
            auth=said["keys"]["auth"],
            name=said.get("name", ""),
        )
        return Response(status=204)


class PushDeviceRemoval(APIView):
    """A browser that shall show no notices any more."""

    @extend_schema(
        operation_id="drop_push_device",
        tags=["notifications"],
        request=PushGoneRequest,
        responses={204: None},
    )
    def post(self, request):
        """Forget this browser; one that is not known is none of ours already."""
        said = read(PushGoneRequest, request.data).validated_data
        choices.drop_device(request.user, said["endpoint"])
        return Response(status=204)


class WeChatAllowed(APIView):
    """Messages that the member allowed in the mini-program."""

    @extend_schema(
        operation_id="allow_wechat_messages",
        tags=["notifications"],
        request=WeChatAllowedRequest,
        responses={204: None},
    )
    def post(self, request):
        """Count one more message for each template named."""
        said = read(WeChatAllowedRequest, request.data).validated_data
        choices.allow_wechat(request.user, said["templates"])
        return Response(status=204)


def _shown(user):
    key = web_push.public_key() if Channel.PUSH in ports.offered() else ""
    topics = [
        {"channel": channel, "topic": topic, "wanted": wanted}
        for channel, told in choices.of(user).items()
        for topic, wanted in told.items()
    ]
    return ChannelsSerializer({"push_key": key, "topics": topics}).data


urlpatterns = [
    path("me/channels", Channels.as_view(), name="channels"),
    path("me/push-devices", PushDevices.as_view(), name="push-devices"),
    path("me/push-devices/removal", PushDeviceRemoval.as_view(), name="push-device-removal"),
    path("me/wechat-messages", WeChatAllowed.as_view(), name="wechat-messages"),
]
