"""Where an answer is asked for: what it depends on beside who asks."""

from django.conf import settings
from django.utils import translation

from mall.core.languages import language_of

LOOKS = ("light", "dark")


def look_of(request) -> str:
    """Return which look the reader chose; "" for what their device likes."""
    chosen = request.COOKIES.get(settings.THEME_COOKIE_NAME)
    return chosen if chosen in LOOKS else ""


def place_of(request) -> tuple:
    """Return scheme, host, path, parameters and language of a request, and speak its language.

    Pictures and pages are named by whole addresses, so kept bytes are those of one host and path.
    """
    translation.activate(language_of(request))
    told = request.META
    host = told.get("HTTP_HOST") or (told["SERVER_NAME"], told["SERVER_PORT"])
    asked = (request.scheme, host, request.path, told["QUERY_STRING"])
    return (*asked, translation.get_language())
