"""What every page may show: the shop's name and the languages; no queries for anonymous visitors."""

from django.conf import settings
from django.utils.translation import gettext as _


def shop(request):
    """Return the names templates use on every page."""
    return {"shop_name": _("Points Mall"), "demo_sign_ins": settings.DEMO_SIGN_INS}
