"""API of the member's own phone number. Signing in by one is accounts/entrance_api.py's."""

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import phone_codes, phone_numbers, sms
from accounts.phone_forms import LONGEST_CODE, check_code
from accounts.privacy import mask_phone
from mall.core import phones
from mall.core.api_fields import CodeField, LineField
from mall.core.strict import StrictSerializer, read

TAGS = ["me"]


class OwnPhoneSerializer(serializers.Serializer):
    """The number somebody may sign in with, covered; empty without one."""

    phone = serializers.CharField()


class PhoneSerializer(StrictSerializer):
    phone = LineField(
        max_length=phones.LONGEST_TYPED,
        help_text="A mainland mobile number, or one of Hong Kong, Macau or Taiwan with +852, +853 "
        "or +886.",
    )

    def validate_phone(self, sent):
        return phones.mobile(sent)


class CodeSerializer(StrictSerializer):
    code = CodeField(max_length=LONGEST_CODE, help_text="The six digits of the message.")

    def validate_code(self, sent):
        return check_code(sent)


class _PhoneView(APIView):
    """There is no such address where the shop sends no messages, but for a number that is kept."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if sms.is_offered():
            return
        if request.method == "POST" or not phone_numbers.of(request.user):
            raise Http404


class OwnPhoneView(_PhoneView):
    @extend_schema(operation_id="me_phone_read", tags=TAGS, responses=OwnPhoneSerializer)
    def get(self, request):
        """Read the own number, covered."""
        return _answer(request.user)

    @extend_schema(
        operation_id="me_phone_ask", tags=TAGS, request=PhoneSerializer, responses={202: None}
    )
    def post(self, request):
        """Have a code sent to a number (400 message_refused, 429, 503 message_unavailable)."""
        number = read(PhoneSerializer, request.data).validated_data["phone"]
        phone_codes.send(request, phone_codes.name_of(request.user), number)
        return Response(status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="me_phone_remove", tags=TAGS, responses={204: None})
    def delete(self, request):
        """Remove the own number (409 last_way_in)."""
        phone_numbers.detach(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OwnPhoneCodeView(_PhoneView):
    @extend_schema(
        operation_id="me_phone_confirm",
        tags=TAGS,
        request=CodeSerializer,
        responses=OwnPhoneSerializer,
    )
    def post(self, request):
        """Take the code: the number is the member's (400 incorrect_code, code_expired; 409
        phone_taken).
        """
        code = read(CodeSerializer, request.data).validated_data["code"]
        phone_numbers.attach(
            request.user, phone_codes.check(phone_codes.name_of(request.user), code)
        )
        return _answer(request.user)


def _answer(user):
    shown = {"phone": mask_phone(phone_numbers.of(user))}
    return Response(OwnPhoneSerializer(shown).data)


urlpatterns = [
    path("me/phone", OwnPhoneView.as_view(), name="phone"),
    path("me/phone/code", OwnPhoneCodeView.as_view(), name="phone_code"),
]
