"""Who a member is to one of WeChat's apps: each knows the same person by another name (openid)."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount

PROVIDER = "weixin"


def openid_of(request, app_id: str) -> str:
    """Return by which name the app ``app_id`` knows the reader; empty when they never signed in on
    a page of that app.
    """
    if not request.user.is_authenticated:
        return ""
    accounts = SocialAccount.objects.filter(user=request.user.pk, provider=PROVIDER)
    told = {account.extra_data.get("app"): account for account in accounts.order_by("pk")}
    account = told.get(app_id) or (told.get(None) if _is_only(request, app_id) else None)
    return (account.extra_data.get("openid") or account.uid) if account else ""


def _is_only(request, app_id) -> bool:
    """Whether there is one app: what it told before apps were noted is its own."""
    return [app.client_id for app in get_adapter().list_apps(request, PROVIDER)] == [app_id]
