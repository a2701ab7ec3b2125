"""What every page may show: the shop's name and the languages; no queries for anonymous visitors."""

from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from marketing import notifications


def shop(request):
    """Return the names templates use on every page."""
    return {
        "shop_name": _("Points Mall"),
        "demo_sign_ins": settings.DEMO_SIGN_INS,
        # One query, and only where a template shows it; none for anonymous visitors.
        "unread_notifications": cache(lambda: notifications.unread_count(request.user)) if hasattr(request, "user") else 0,
    }
