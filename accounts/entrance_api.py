"""Signing in by phone in an app, in allauth's own shapes under /api/auth/app/v1/auth/code/.

allauth (65.21) has these doors for members it knows already; here a code is sent to any number, so
that who is new comes in the same way and nobody learns which numbers are known.
"""

from allauth.headless.base.response import AuthenticationResponse, ConflictResponse
from allauth.headless.base.views import APIView
from allauth.headless.constants import Client, Flow
from allauth.headless.internal.restkit import inputs
from allauth.headless.internal.restkit.response import APIResponse
from django.http import Http404
from django.urls import path

from accounts import consent, phone_entrance, sms
from accounts.models import Consent
from accounts.phone_forms import CodeForm, PhoneForm


class PhoneInput(PhoneForm, inputs.Input):
    """Where to send a code."""


class CodeInput(CodeForm, inputs.Input):
    """The code, and what a new member was shown and agreed to."""

    agreed = inputs.CharField(required=False)


class PendingResponse(AuthenticationResponse):
    """Not signed in yet: a code is awaited."""

    def _get_flows(self, request, user):
        flows = super()._get_flows(request, user)
        return [*flows, {"id": Flow.LOGIN_BY_CODE, "is_pending": True}]


class _CodeView(APIView):
    """A door that is open while the shop sends messages and nobody is signed in."""

    def handle(self, request, *args, **kwargs):
        """See allauth."""
        if not sms.is_offered():
            raise Http404
        if request.user.is_authenticated:
            return ConflictResponse(request)
        return super().handle(request, *args, **kwargs)


class RequestView(_CodeView):
    input_class = PhoneInput

    def post(self, request, *args, **kwargs):
        """Send a code; answers 401 with the session to send along, as a sign-in half done."""
        phone_entrance.ask(request, self.input.cleaned_data["phone"])
        return PendingResponse(request)


class ResendView(_CodeView):
    handle_json_input = False

    def post(self, request, *args, **kwargs):
        """Send another code to the same number."""
        if not phone_entrance.asked(request):
            return ConflictResponse(request)
        phone_entrance.ask_again(request)
        return APIResponse(request)


class ConfirmView(_CodeView):
    input_class = CodeInput

    def handle(self, request, *args, **kwargs):
        """See allauth: 409 where no code is awaited."""
        if not phone_entrance.asked(request):
            return ConflictResponse(request)
        return super().handle(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        """Take the code and sign in."""
        answer = phone_entrance.enter(
            request,
            self.input.cleaned_data["code"],
            agreed=consent.read(self.input.cleaned_data["agreed"]),
            door=Consent.Door.APP,
        )
        return AuthenticationResponse.from_response(request, answer)


urlpatterns = [
    path("request", RequestView.as_api_view(client=Client.APP), name="phone_code_request"),
    path("resend", ResendView.as_api_view(client=Client.APP), name="phone_code_resend"),
    path("confirm", ConfirmView.as_api_view(client=Client.APP), name="phone_code_confirm"),
]
