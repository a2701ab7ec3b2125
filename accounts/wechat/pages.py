"""The way to WeChat and back: its own browser asks its user, any other shows a code to scan."""

from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from allauth.socialaccount.providers.weixin.client import WeixinOAuth2Client

from accounts.wechat import calls
from accounts.wechat.persons import Identity
from mall.core.errors import DomainError

BROWSER = "MicroMessenger"
ASKED_INSIDE = "https://open.weixin.qq.com/connect/oauth2/authorize"
ASKED_OUTSIDE = "https://open.weixin.qq.com/connect/qrconnect"
FRAGMENT = "#wechat_redirect"  # without it WeChat's browser stays where it is


def is_inside(request) -> bool:
    """Whether a page is asked for by WeChat's own browser."""
    return BROWSER in request.headers.get("User-Agent", "")


class PageClient(WeixinOAuth2Client):
    """allauth's, with what its address lacks."""

    def get_redirect_url(self, authorization_url, scope, extra_params):
        """See allauth."""
        return super().get_redirect_url(authorization_url, scope, extra_params) + FRAGMENT


class PageAdapter(OAuth2Adapter):
    """allauth's adapter of Weixin (65.21) asks for a nickname, which it turns into escapes, and
    stumbles over the answers by which WeChat refuses. Here the answer to the code is enough: openid
    and, with the scopes we ask for, unionid; it is asked for as a mini-program's is (calls).
    """

    provider_id = "weixin"
    client_class = PageClient
    access_token_url = ""  # allauth's client asks nobody

    @property
    def authorize_url(self):
        return ASKED_INSIDE if is_inside(self.request) else ASKED_OUTSIDE

    def get_access_token_data(self, request, app, client, pkce_code_verifier=None):
        """Return who came back. Raises: OAuth2Error, which is told on a page."""
        try:
            return calls.person_of(app, request.GET["code"])
        except DomainError as refusal:
            raise OAuth2Error(refusal.code) from refusal

    def parse_token(self, data):
        """See allauth; there is none, and nothing of it is kept."""
        return SocialToken()

    def complete_login(self, request, app, token, *, response, **kwargs):
        """See allauth."""
        return self.get_provider().login_of(request, Identity(*response))
