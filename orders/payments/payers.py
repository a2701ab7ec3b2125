"""Who pays, as far as a provider may want to know."""

from django.conf import settings

from accounts import openids
from orders.payments import wording
from orders.payments.messages import Payer


def payer_of(request) -> Payer:
    """Return who looks at a page of paying. Their name at WeChat is asked for inside WeChat only,
    where it serves to pay.
    """
    agent = request.headers.get("User-Agent", "")
    app_id = settings.PAYMENT_WECHAT.get("app_id")
    openid = openids.openid_of(request, app_id) if app_id and wording.is_wechat(agent) else ""
    return Payer(address=request.META["REMOTE_ADDR"], openid=openid, agent=agent)
