"""Who a member is to WeChat: each of its apps knows the same person by another name (openid)."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount

PROVIDER = "weixin"


def openid_of(request, app_id: str) -> str:
    """Return by which name the WeChat app ``app_id`` knows the reader; empty when they never signed
    in with that app.
    """
    if not request.user.is_authenticated:
        return ""
    apps = get_adapter().list_apps(request, provider=PROVIDER, client_id=app_id)
    names = [app.provider_id or app.provider for app in apps]
    signed_in = SocialAccount.objects.filter(user=request.user.pk, provider__in=names)
    account = signed_in.first() if names else None
    return (account.extra_data.get("openid") or account.uid) if account else ""
