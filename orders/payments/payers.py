"""Who pays, as far as a provider may want to know."""

from django.conf import settings

from accounts.wechat import openids, pages
from orders.payments.messages import Payer


def payer_of(request) -> Payer:
    """Return who looks at a page of paying. Their name at WeChat is asked for inside WeChat only,
    where it serves to pay.
    """
    app_id, is_inside = settings.PAYMENT_WECHAT.get("app_id"), pages.is_inside(request)
    return Payer(
        address=request.META["REMOTE_ADDR"],
        openid=openids.openid_of(request, app_id) if app_id and is_inside else "",
        agent=request.headers.get("User-Agent", ""),
        is_in_wechat=is_inside,
    )
