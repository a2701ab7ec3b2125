"""API about the member: /me and the address book. Signing in and up is allauth's, under
/api/auth/.
"""

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.fields import get_error_detail
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import addresses, closing, consent_api, export, phone_api
from accounts.models import (
    DETAIL_LENGTH,
    NICKNAME_LENGTH,
    RECIPIENT_LENGTH,
    REGION_LENGTH,
)
from accounts.passwords import LONGEST, ask_again
from accounts.profile import change_profile, check_birthday, check_line
from mall.core import api_fields, phones
from mall.core.api import StrictSerializer, read
from mall.core.export import download
from mall.core.limits import EXPORTS, PASSWORD_AGAIN, guard

TAGS = ["me"]


class LineField(api_fields.LineField):
    """Text on one line, without characters that cannot be shown."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.validators.append(check_line)


class StrictBooleanField(serializers.BooleanField):
    """true or false, not "yes" or 1."""

    def to_internal_value(self, sent):
        if not isinstance(sent, bool):
            self.fail("invalid", input=sent)
        return sent


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


class AddressSerializer(StrictSerializer):
    """A delivery address."""

    id = serializers.IntegerField(read_only=True)
    recipient = LineField(max_length=RECIPIENT_LENGTH)
    territory = serializers.ChoiceField(
        phones.Territory.choices,
        required=False,
        help_text="Decides how a phone number without country code is read; CN unless said.",
    )
    phone = LineField(
        max_length=phones.LONGEST_TYPED,
        help_text="Mobile or landline of the territory, or with +86, +852, +853, +886 of any of "
        "them; kept and answered in one form (13812345678, 057188886666, +85291234567).",
    )
    region = LineField(max_length=REGION_LENGTH)
    detail = LineField(max_length=DETAIL_LENGTH)
    is_default = StrictBooleanField(required=False)

    def validate(self, sent):
        """Return the number's one form, as the territory says; the kept one stays as it is."""
        if "phone" not in sent:
            return sent
        kept = self.context.get("kept")
        usual = kept.territory if kept else phones.Territory.MAINLAND
        try:
            number = phones.canonical(sent["phone"], sent.get("territory", usual))
        except DjangoValidationError as refusal:
            raise serializers.ValidationError({"phone": get_error_detail(refusal)}) from None
        return {**sent, "phone": number}


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


class AddressesView(GenericAPIView):
    """The address book."""

    serializer_class = AddressSerializer

    def get_queryset(self):
        return addresses.book_of(self.request.user)

    @extend_schema(operation_id="addresses_list", tags=TAGS, responses=AddressSerializer(many=True))
    def get(self, request):
        """List the own addresses, the default one first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(AddressSerializer(page, many=True).data)

    @extend_schema(operation_id="addresses_add", tags=TAGS, responses={201: AddressSerializer})
    def post(self, request):
        """Add an address (409 limit_reached when the book is full)."""
        sent = read(AddressSerializer, request.data)
        address = addresses.add(request.user, **sent.validated_data)
        return Response(AddressSerializer(address).data, status=status.HTTP_201_CREATED)


@extend_schema(parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)], tags=TAGS)
class AddressView(GenericAPIView):
    """One of the own addresses."""

    serializer_class = AddressSerializer

    def _own(self, id):
        address = addresses.owned(self.request.user, id)
        if address is None:
            raise Http404
        return address

    @extend_schema(operation_id="addresses_read")
    def get(self, request, id):
        """Read an address."""
        return Response(AddressSerializer(self._own(id)).data)

    @extend_schema(operation_id="addresses_change", request=AddressSerializer(partial=True))
    def patch(self, request, id):
        """Change some fields of an address."""
        address = self._own(id)
        sent = read(AddressSerializer, request.data, partial=True, context={"kept": address})
        return Response(AddressSerializer(addresses.change(address, **sent.validated_data)).data)

    @extend_schema(operation_id="addresses_remove", responses={204: None})
    def delete(self, request, id):
        """Delete an address."""
        addresses.remove(self._own(id))
        return Response(status=status.HTTP_204_NO_CONTENT)


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
    *consent_api.urlpatterns,
    *phone_api.urlpatterns,
    path("me/export", ExportView.as_view(), name="export"),
    path("me/deletion", DeletionView.as_view(), name="deletion"),
    path("me", MeView.as_view(), name="me"),
    path("me/addresses", AddressesView.as_view(), name="addresses"),
    path("me/addresses/<int:id>", AddressView.as_view(), name="address"),
]
