"""The API of the back office: who outside hears of which facts, through the same verbs as in the
admin. A secret is answered once, when it is made.
"""

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import Clerk, listed, whole
from mall.core.api_fields import StrictBooleanField
from mall.core.strict import StrictIntegerField, StrictSerializer, read
from marketing.models import WebhookDelivery, WebhookEndpoint
from marketing.models.webhook import URL_LENGTH
from marketing.webhooks import endpoints, kinds, queue
from points.adjustments_api import Asked, Newest

TAGS = ["staff webhooks"]
REPLAYED_MOST = 500
SECRET_KEPT_NOWHERE = {"Cache-Control": "no-store"}
State = WebhookDelivery.State


class MayWebhook(Clerk):
    looking, acting = "marketing.view_webhookendpoint", "marketing.change_webhookendpoint"


# --- shapes ----------------------------------------------------------------------
class WebhookChangeRequest(StrictSerializer):
    """What to change about an endpoint; what is left out stays."""

    url = serializers.CharField(max_length=URL_LENGTH, required=False)
    note = serializers.CharField(max_length=100, required=False, allow_blank=True)
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=32),
        max_length=100,
        required=False,
        help_text="Kinds of facts; none: all, those of later releases, too.",
    )
    is_active = StrictBooleanField(required=False)

    def validate_kinds(self, named):
        """Refuse kinds that nobody tells, but for those the endpoint heard of before."""
        known = {*kinds.all_kinds(), *self.context.get("kinds", ())}
        unknown = [kind for kind in named if kind not in known]
        if unknown:
            words = _("No fact is called %(unknown)s.") % {"unknown": ", ".join(unknown[:20])}
            raise serializers.ValidationError(words)
        return list(dict.fromkeys(named))


class WebhookRequest(WebhookChangeRequest):
    url = serializers.CharField(
        max_length=URL_LENGTH, help_text="https://… of a server outside private networks."
    )


class WebhookSerializer(serializers.ModelSerializer):
    kinds = serializers.ListField(child=serializers.CharField())
    switched_off = serializers.CharField(help_text="silent, gone, or empty.")

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "url", "note", "kinds", "is_active", "failing_since", "switched_off"]
        fields += ["old_secret_until", "created_at"]


class WebhookSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Answered this once.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class WebhookDeliverySerializer(serializers.ModelSerializer):
    endpoint = serializers.IntegerField(source="endpoint_id")
    state = serializers.ChoiceField(State.choices)

    class Meta:
        model = WebhookDelivery
        fields = ["id", "endpoint", "message", "kind", "member", "body", "state", "status"]
        fields += ["answer", "took_ms", "tries", "next_try_at", "sent_at", "created_at"]


class WebhookDeliveryQuery(StrictSerializer):
    endpoint = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    state = serializers.ChoiceField(State.choices, required=False)
    cursor = serializers.CharField(required=False, max_length=200)


class WebhookReplayRequest(StrictSerializer):
    deliveries = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=REPLAYED_MOST,
    )


class WebhookReplaySerializer(serializers.Serializer):
    replayed = serializers.IntegerField()


# --- endpoints -------------------------------------------------------------------
class Webhooks(APIView):
    permission_classes = [IsAuthenticated, MayWebhook]

    @extend_schema(
        operation_id="staff_webhooks_list",
        tags=TAGS,
        responses=listed("WebhookPage", WebhookSerializer),
    )
    def get(self, request):
        """List the endpoints; there are at most twenty."""
        return Response(whole(WebhookSerializer(WebhookEndpoint.objects.all(), many=True).data))

    @extend_schema(
        operation_id="staff_webhooks_add",
        tags=TAGS,
        request=WebhookRequest,
        responses={201: WebhookSecretSerializer},
    )
    def post(self, request):
        """Add an endpoint; the answer has its secret."""
        endpoint = WebhookEndpoint(**_said(WebhookRequest, request, WebhookEndpoint()))
        endpoints.add(endpoint, actor=request.user)
        return _with_secret(endpoint, status=201)


class Webhook(APIView):
    permission_classes = [IsAuthenticated, MayWebhook]

    @extend_schema(operation_id="staff_webhooks_read", tags=TAGS, responses=WebhookSerializer)
    def get(self, request, pk):
        """Show an endpoint."""
        return Response(WebhookSerializer(get_object_or_404(WebhookEndpoint, pk=pk)).data)

    @extend_schema(
        operation_id="staff_webhooks_change",
        tags=TAGS,
        request=WebhookChangeRequest,
        responses=WebhookSerializer,
    )
    def patch(self, request, pk):
        """Change an endpoint, or switch it on and off."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        for name, value in _said(WebhookChangeRequest, request, endpoint).items():
            setattr(endpoint, name, value)
        endpoints.change(endpoint, actor=request.user)
        return Response(WebhookSerializer(endpoint).data)

    @extend_schema(operation_id="staff_webhooks_remove", tags=TAGS, responses={204: None})
    def delete(self, request, pk):
        """Delete an endpoint with what was on its way to it."""
        endpoints.remove(get_object_or_404(WebhookEndpoint, pk=pk), actor=request.user)
        return Response(status=204)


class WebhookSecret(APIView):
    permission_classes = [IsAuthenticated, MayWebhook]

    @extend_schema(
        operation_id="staff_webhooks_replace_secret",
        tags=TAGS,
        request=None,
        responses=WebhookSecretSerializer,
    )
    def post(self, request, pk):
        """Replace the secret; the old one signs beside it for 24 hours."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        endpoints.replace_secret(endpoint, actor=request.user)
        endpoint.refresh_from_db()
        return _with_secret(endpoint)


class WebhookTest(APIView):
    permission_classes = [IsAuthenticated, MayWebhook]

    @extend_schema(
        operation_id="staff_webhooks_test",
        tags=TAGS,
        request=None,
        responses={201: WebhookDeliverySerializer},
    )
    def post(self, request, pk):
        """Queue a message that tells nothing; it is sent within seconds."""
        endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
        sent = queue.send_test(endpoint, actor=request.user)
        return Response(WebhookDeliverySerializer(sent).data, status=201)


# --- deliveries ------------------------------------------------------------------
class WebhookDeliveries(Asked, ListAPIView):
    permission_classes = [IsAuthenticated, MayWebhook]
    serializer_class = WebhookDeliverySerializer
    pagination_class = Newest
    query = WebhookDeliveryQuery
    queryset = WebhookDelivery.objects.all()

    @extend_schema(
        operation_id="staff_webhook_deliveries_list",
        tags=TAGS,
        parameters=[
            OpenApiParameter("endpoint", int, description="Only those to one endpoint."),
            OpenApiParameter("state", str, enum=State.values, description="Only in this state."),
        ],
    )
    def get(self, request, *args, **kwargs):
        """List what was sent, the newest first."""
        return super().get(request, *args, **kwargs)


class WebhookReplay(APIView):
    permission_classes = [IsAuthenticated, MayWebhook]

    @extend_schema(
        operation_id="staff_webhook_deliveries_replay",
        tags=TAGS,
        request=WebhookReplayRequest,
        responses=WebhookReplaySerializer,
    )
    def post(self, request):
        """Send deliveries once more under the same ids, whatever became of them."""
        ids = read(WebhookReplayRequest, request.data).validated_data["deliveries"]
        chosen = WebhookDelivery.objects.filter(pk__in=ids)
        return Response({"replayed": queue.replay(chosen, actor=request.user)})


def _said(shape, request, endpoint) -> dict:
    """Return what was sent of an endpoint, checked. Raises: ValidationError."""
    context = {"kinds": endpoint.kinds}
    said = read(shape, request.data, context=context).validated_data
    if "url" in said:
        try:
            said["url"] = endpoints.check_url(said["url"], of=endpoint)
        except ValidationError as refusal:
            raise serializers.ValidationError({"url": refusal.messages}) from refusal
    return said


def _with_secret(endpoint, status=200) -> Response:
    shown = WebhookSecretSerializer(endpoint).data
    return Response(shown, status=status, headers=SECRET_KEPT_NOWHERE)


urlpatterns = [
    path("staff/webhooks", Webhooks.as_view()),
    path("staff/webhooks/<int:pk>", Webhook.as_view()),
    path("staff/webhooks/<int:pk>/secret", WebhookSecret.as_view()),
    path("staff/webhooks/<int:pk>/test", WebhookTest.as_view()),
    path("staff/webhooks/deliveries", WebhookDeliveries.as_view()),
    path("staff/webhooks/deliveries/replay", WebhookReplay.as_view()),
]
