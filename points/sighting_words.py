"""What a rule of risk saw, in words an operator reads: the evidence of its case."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from points.models import RiskRule

Code = RiskRule.Code


def in_words(seen: dict) -> str:
    """Return the sentence of a case's or sighting's evidence; "" for evidence of another kind."""
    code = seen.get("code")
    if code not in Code.values:
        return ""
    places = {**seen, "from": _when(seen, "since"), "to": _when(seen, "until")}
    return SENTENCES[code]() % places


# Written so that gettext finds them and every reader gets their own.
SENTENCES = {
    Code.SIGN_UPS_NETWORK: lambda: _(
        "%(count)s sign-ups from one network between %(from)s and %(to)s (bound: %(bound)s in "
        "%(minutes)s minutes)."
    ),
    Code.SIGN_UPS_DEVICE: lambda: _(
        "%(count)s sign-ups on one device between %(from)s and %(to)s (bound: %(bound)s in "
        "%(minutes)s minutes)."
    ),
    Code.ORDERS_NETWORK: lambda: _(
        "%(count)s members ordered from one network between %(from)s and %(to)s (bound: "
        "%(bound)s in %(minutes)s minutes)."
    ),
    Code.ORDERS_DEVICE: lambda: _(
        "%(count)s members ordered on one device between %(from)s and %(to)s (bound: %(bound)s "
        "in %(minutes)s minutes)."
    ),
    Code.REFUND_RATIO: lambda: _(
        "%(count)s of %(of)s orders of the last %(days)s days were refunded (bounds: %(bound)s "
        "orders and %(percent)s %%)."
    ),
    Code.RING_DEVICE: lambda: _(
        "An invited member shares a device with %(count)s other account(s): the inviter or "
        "others they invited."
    ),
    Code.RING_NETWORK: lambda: _(
        "An invited member shares a network with %(count)s other account(s): the inviter or "
        "others they invited."
    ),
    Code.RING_ADDRESS: lambda: _(
        "An invited member shares a delivery address or phone number with %(count)s other "
        "account(s): the inviter or others they invited."
    ),
    Code.RING_PAYER: lambda: _(
        "The orders of an invited member and of %(count)s other account(s) were paid by the same "
        "person: the inviter or others they invited."
    ),
}


def _when(seen, name) -> str:
    at = seen.get(name)
    if not at:
        return ""
    return date_format(timezone.localtime(datetime.fromisoformat(at)), "DATETIME_FORMAT")
