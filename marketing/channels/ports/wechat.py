"""Subscribe messages of the WeChat mini-program: each "allow" of a member is good for one message
of one template.

``settings.WECHAT_TEMPLATES``: {topic: {"id": …, "title": "thing1", "time": "time2", "page": …}}.
Source: developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message.
"""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import F

from accounts.wechat import calls
from mall.core import clock
from marketing.channels.ports import Refused, Silent
from marketing.models import WeChatGrant

PROVIDER = "wechat_mini"
THING_LENGTH = 20  # what WeChat takes in a field thing…


def send(member, news):
    """See ``ports.Port``. A grant is used up before WeChat is asked, and given back where nobody
    answered.
    """
    template = settings.WECHAT_TEMPLATES.get(news.topic)
    openid = _openid(member)
    if template is None or not openid:
        raise Refused("no template for this topic" if openid else "WeChat is not bound")
    grants = WeChatGrant.objects.filter(user=member, template=template["id"])
    if not grants.filter(left__gt=0).update(left=F("left") - 1):
        raise Refused("no message is allowed")
    [app] = get_adapter().list_apps(None, PROVIDER)[:1] or [None]
    said = {template["title"]: {"value": news.title[:THING_LENGTH]}}
    now = clock.now().astimezone(clock.SHOP_ZONE)
    if template.get("time"):
        said[template["time"]] = {"value": f"{now:%Y-%m-%d %H:%M}"}
    try:
        calls.send_subscribed(app, openid, template["id"], said, page=template.get("page", ""))
    except calls.MessageRefused as error:
        raise Refused("WeChat: the member allows none") from error
    except calls.WeChatSilent as error:
        grants.update(left=F("left") + 1)
        raise Silent("wechat") from error


def _openid(member) -> str:
    account = SocialAccount.objects.filter(user=member, provider=PROVIDER).order_by("pk").first()
    return (account.extra_data.get("openid") or "") if account else ""
