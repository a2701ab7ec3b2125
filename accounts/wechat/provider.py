"""WeChat as allauth's providers: pages that lead to WeChat and back, and a mini-program's token."""

from allauth.socialaccount.providers.base import Provider, ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.wechat import calls
from accounts.wechat.mini import numbers
from accounts.wechat.pages import PageAdapter, is_inside
from accounts.wechat.persons import Identity
from mall.core.errors import DomainError

LONGEST = 4096
LABEL = _("WeChat")


class WeChatAccount(ProviderAccount):
    """Somebody's account at WeChat: it is not asked for names or pictures."""

    def to_str(self):
        return str(LABEL)


class _WeChatProvider(Provider):
    account_class = WeChatAccount

    def __str__(self):
        return str(self.name)

    def extract_uid(self, data):
        """See allauth."""
        return data["openid"]

    def login_of(self, request, identity: Identity):
        """Return allauth's sign-in of somebody WeChat has told of."""
        login = self.sociallogin_from_response(request, self.told_of(identity))
        login.identity = identity
        return login

    def told_of(self, identity: Identity) -> dict:
        """Return what is kept of what WeChat told."""
        return {"openid": identity.openid}


class PageProvider(_WeChatProvider, OAuth2Provider):
    """Pages: inside WeChat by the service account, outside by a code to scan."""

    id = "weixin"
    name = LABEL
    package = "accounts.wechat"
    oauth2_adapter_class = PageAdapter

    def told_of(self, identity: Identity) -> dict:
        """Also which of the apps told it: each knows a person by another openid."""
        return {**super().told_of(identity), "app": self.app.client_id}

    def get_default_scope(self):
        """See allauth. The unionid is told with these only."""
        return ["snsapi_userinfo" if is_inside(self.request) else "snsapi_login"]


class MiniProgramProvider(_WeChatProvider):
    """``token``: client_id (the app), access_token (the code of wx.login), and for the phone number
    phone_code, or encrypted_data and iv.
    """

    id = "wechat_mini"
    name = _("WeChat mini-program")
    package = "accounts.wechat.mini"
    supports_token_authentication = True

    def verify_token(self, request, token):
        """Ask WeChat who it is. Raises: ValidationError, which allauth puts at ``token``;
        WeChatSilent.
        """
        said = {name: _read(token, name) for name in FIELDS}
        try:
            session = calls.session_of(self.app, said["access_token"])
            phone = self._number(session, said)
        except calls.WeChatSilent:
            raise
        except DomainError as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal
        return self.login_of(request, Identity(*session.person, phone))

    def _number(self, session, said) -> str:
        if said["phone_code"]:
            return numbers.asked_for(self.app, said["phone_code"])
        if said["encrypted_data"]:
            return numbers.decrypted(self.app, session, said["encrypted_data"], said["iv"])
        return ""


FIELDS = ("access_token", "phone_code", "encrypted_data", "iv")


def _read(token, name) -> str:
    value = token.get(name) or ""
    if not (isinstance(value, str) and value.isascii() and len(value) <= LONGEST):
        raise ValidationError(str(calls.SignInOver()), code=calls.SignInOver.code)
    return value
