"""API of the shop's own words: help, terms, privacy policy, about."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.core import face
from mall.core.models.face import ShopPage


class ShopPageSerializer(serializers.Serializer):
    """A page in the caller's language; version 0 is the text that came with the software, which has
    no body here."""

    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="HTML with harmless tags only.")
    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField(allow_null=True)


class ShopPageView(APIView):
    """One page of the shop's own words."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="pages_read",
        tags=["shop"],
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=ShopPage.Kind.values)
        ],
        responses=ShopPageSerializer,
    )
    def get(self, request, kind):
        """Read a page: help, terms, privacy or about."""
        if kind not in ShopPage.Kind.values:
            raise Http404
        return Response(ShopPageSerializer(face.page_of(kind)).data)


urlpatterns = [path("pages/<slug:kind>", ShopPageView.as_view())]
