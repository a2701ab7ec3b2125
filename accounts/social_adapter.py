"""Where allauth's sign-in through WeChat meets our verbs (accounts/wechat)."""

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.adapter import limit_sign_ups, taken_names_told
from accounts.registration import arrival_of, enrol, unnamed
from accounts.wechat import persons
from accounts.wechat.pages import is_inside
from mall.core.errors import Busy
from mall.core.transactions import transactional

INSIDE, OUTSIDE = "inside", "outside"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Our answers about members who come through WeChat."""

    error_messages = {
        **DefaultSocialAccountAdapter.error_messages,
        "connected_other": _("This WeChat belongs to another account here. Sign in with it there."),
    }

    # --- who it is -------------------------------------------------------------
    def pre_social_login(self, request, sociallogin):
        """Know a person of WeChat whose openid is new by unionid, then by a proved number; keep
        what WeChat tells of one who is known.
        """
        identity = getattr(sociallogin, "identity", None)
        if identity is None:
            return
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            self._refuse_another(request, identity)
        elif sociallogin.is_existing:
            persons.remember(sociallogin.user, identity)
        elif (known := persons.holder_of(identity)) is not None:
            sociallogin.connect(request, known)  # allauth's signal has the rest remembered

    def _refuse_another(self, request, identity):
        """End the binding of a WeChat whose person is another member already."""
        holder = persons.holder_of_unionid(identity.unionid)
        if holder is None or holder.pk == request.user.pk:
            return
        if request.path_info.startswith("/api/"):
            raise self.validation_error("connected_other")
        messages.error(request, str(self.error_messages["connected_other"]))
        raise ImmediateHttpResponse(redirect("socialaccount_connections"))

    def is_auto_signup_allowed(self, request, sociallogin):
        """WeChat tells no e-mail and a member needs none: nobody is asked anything."""
        return True

    def save_user(self, request, sociallogin, form=None):
        """Make a new member of somebody of WeChat. Raises: Busy when the same person comes in
        somewhere else at this moment.
        """
        try:
            with taken_names_told(sociallogin.user):
                return self._save_user(request, sociallogin, form)
        except IntegrityError as error:
            raise Busy from error

    @transactional
    def _save_user(self, request, sociallogin, form):
        if form is not None:  # the account adapter's save_user enrols
            return super().save_user(request, sociallogin, form)
        limit_sign_ups(request, action="sign_up_proved")
        user = sociallogin.user = unnamed(get_language())
        identity = persons.told_by(sociallogin)
        enrol(user, marks=identity.marks(), arrival=arrival_of(request))
        sociallogin.save(request, connect=True)
        persons.remember(user, identity)
        return user

    # --- which app ---------------------------------------------------------------
    def list_providers(self, request):
        """Leave out the app that does not fit the browser: inside WeChat, or outside."""
        fits = _place_of(request)
        return [one for one in super().list_providers(request) if _place(one.app) in ("", fits)]

    def get_app(self, request, provider, client_id=None):
        """Return the app that fits the browser. A provider nobody configured has no pages."""
        apps = self.list_apps(request, provider=provider, client_id=client_id)
        fitting = [app for app in apps if _place(app) in ("", _place_of(request))] or apps
        if len(fitting) == 1:
            return fitting[0]
        try:
            return super().get_app(request, provider, client_id=client_id)
        except SocialApp.DoesNotExist:
            if request.path_info.startswith("/api/"):
                raise  # answered there as a field's error
            raise Http404 from None


def _place(app) -> str:
    """Return where an app is for; "" of one kept in the back office: everywhere."""
    return (app.settings or {}).get("place", "") if app is not None else ""


def _place_of(request) -> str:
    return INSIDE if request is not None and is_inside(request) else OUTSIDE
