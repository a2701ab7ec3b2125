"""API of consent: what a member agreed to, and agreeing to what changed."""

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import consent
from accounts.models import Consent
from mall.core import face
from mall.core.strict import StrictSerializer, read


class VersionsSerializer(StrictSerializer):
    """Versions of both texts, as GET /api/v1/pages/terms and /privacy tell them."""

    terms = serializers.IntegerField(min_value=0, max_value=999_999_999)
    privacy = serializers.IntegerField(min_value=0, max_value=999_999_999)


class ConsentSerializer(serializers.Serializer):
    """What was agreed to, and whether the member has to be asked."""

    needed = serializers.BooleanField()
    published = VersionsSerializer()
    binding = VersionsSerializer(help_text="The versions from which on consent is asked for.")
    agreed = VersionsSerializer(allow_null=True)


class ConsentView(APIView):
    """The own consent."""

    @extend_schema(operation_id="consent_read", tags=["me"], responses=ConsentSerializer)
    def get(self, request):
        """Read what the member agreed to, and whether something newer binds."""
        return Response(_told(request.user))

    @extend_schema(
        operation_id="consent_give",
        tags=["me"],
        request=VersionsSerializer,
        responses=ConsentSerializer,
    )
    def post(self, request):
        """Agree to the versions that were shown (400 other_version when newer ones bind)."""
        sent = read(VersionsSerializer, request.data).validated_data
        consent.agree(request.user, consent.Versions(**sent), door=Consent.Door.APP)
        return Response(_told(request.user))


def _told(user) -> dict:
    answer = {
        "needed": consent.is_needed(user),
        "published": consent.published(),
        "binding": consent.Versions(*face.binding()),
        "agreed": consent.given(user),
    }
    return ConsentSerializer(answer).data


urlpatterns = [path("me/consent", ConsentView.as_view(), name="consent")]
