"""Badges in API v1: those there are, and which of them the caller has."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core.api import listed, whole
from marketing.badges import shelf
from points import event_delivery


class BadgeSerializer(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField(source="words.title")
    how = serializers.CharField(source="words.how", help_text="What it takes.")
    icon = serializers.CharField(source="words.icon", help_text="Name of a Bootstrap icon.")
    earned_on = serializers.DateField(allow_null=True, help_text="Null: not earned yet.")


class BadgesView(APIView):
    @extend_schema(
        operation_id="list_badges", tags=["badges"], responses=listed("BadgePage", BadgeSerializer)
    )
    def get(self, request):
        """List every badge, with the day the caller earned it."""
        event_delivery.hear(request.user)
        return Response(whole(BadgeSerializer(shelf.of(request.user), many=True).data))


urlpatterns = [path("badges", BadgesView.as_view())]
