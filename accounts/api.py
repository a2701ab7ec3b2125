"""API about the member: /me and the address book. Signing in and up is allauth's, under
/api/auth/.
"""

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import address_api, closing, consent_api, export, phone_api
from accounts.api_fields import LineField
from accounts.models import NICKNAME_LENGTH
from accounts.passwords import LONGEST, ask_again
from accounts.profile import change_profile, check_birthday
from mall.core import api_fields
from mall.core.export import download
from mall.core.limits import EXPORTS, PASSWORD_AGAIN, guard
from mall.core.strict import StrictSerializer, read

TAGS = ["me"]


class MeSerializer(serializers.Serializer):
    """What a member sees of themselves."""

    username = serializers.CharField(read_only=True)
    email = serializers.EmailField(
        source="mailbox", read_only=True, help_text="Empty of a member who told none."
    )
    nickname = serializers.CharField(read_only=True)
    display_name = serializers.CharField(read_only=True)
    avatar = serializers.ImageField(read_only=True, allow_null=True)
    birthday = serializers.DateField(read_only=True, allow_null=True)
    joined_at = serializers.DateTimeField(source="date_joined", read_only=True)


class MeChangesSerializer(StrictSerializer):
    """What a member may change; the birthday once."""

    nickname = LineField(required=False, allow_blank=True, max_length=NICKNAME_LENGTH)
    birthday = api_fields.DayField(required=False, validators=[check_birthday])


class MeView(GenericAPIView):
    """The signed-in member."""

    serializer_class = MeSerializer

    @extend_schema(operation_id="me_read", tags=TAGS)
    def get(self, request):
        """Read the own profile."""
        return Response(MeSerializer(request.user, context={"request": request}).data)

    @extend_schema(
        operation_id="me_change", tags=TAGS, request=MeChangesSerializer, responses=MeSerializer
    )
    def patch(self, request):
        """Change the nickname, or set the birthday once (409 birthday_fixed afterwards)."""
        changes = read(MeChangesSerializer, request.data)
        member = change_profile(request.user, **changes.validated_data)
        return Response(MeSerializer(member, context={"request": request}).data)


class PasswordAgainSerializer(StrictSerializer):
    """The present password."""

    password = serializers.CharField(max_length=LONGEST, trim_whitespace=False, write_only=True)


class ConsequenceSerializer(serializers.Serializer):
    text = serializers.CharField()
    blocks = serializers.BooleanField(
        help_text="Has to be settled before the account can be deleted."
    )


class DeletionSerializer(serializers.Serializer):
    """What deleting the account would mean now."""

    possible = serializers.BooleanField()
    consequences = ConsequenceSerializer(many=True)


def _asked_again(request):
    ask_again(request.user, read(PasswordAgainSerializer, request.data).validated_data["password"])


class ExportView(APIView):
    """Everything the shop keeps about the member."""

    @extend_schema(
        operation_id="me_export",
        tags=TAGS,
        request=PasswordAgainSerializer,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request):
        """Write out the own data as one JSON document, chapter by chapter (10 an hour; 400
        wrong_password).
        """
        guard(request, "export", EXPORTS)
        _asked_again(request)
        return download(
            "points-mall.json", export.as_json(request.user), "application/json; charset=utf-8"
        )


class DeletionView(APIView):
    """The end of the account."""

    @extend_schema(operation_id="me_deletion_preview", tags=TAGS, responses=DeletionSerializer)
    def get(self, request):
        """Say what deleting the account would mean, and what has to be settled first."""
        told = closing.consequences(request.user)
        answer = {
            "possible": not any(consequence.blocks for consequence in told),
            "consequences": told,
        }
        return Response(DeletionSerializer(answer).data)

    @extend_schema(
        operation_id="me_delete", tags=TAGS, request=PasswordAgainSerializer, responses={204: None}
    )
    def post(self, request):
        """Delete the account for good (400 wrong_password, 409 orders_open, 403 staff_account)."""
        guard(request, "delete-account", PASSWORD_AGAIN)
        _asked_again(request)
        closing.close(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    *address_api.urlpatterns,
    *consent_api.urlpatterns,
    *phone_api.urlpatterns,
    path("me/export", ExportView.as_view(), name="export"),
    path("me/deletion", DeletionView.as_view(), name="deletion"),
    path("me", MeView.as_view(), name="me"),
]
