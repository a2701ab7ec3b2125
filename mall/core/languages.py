"""Which language an answer speaks, known from the request alone."""

from django.conf import settings
from django.utils import translation


def language_of(request) -> str:
    """Return the language of the reader's cookie on a page, and the one of Accept-Language for an
    app.

    A page without a cookie is Chinese whatever the browser asks for: the shop's default is
    zh-hans (product.md), and a shopper switches with one tap.
    """
    if request.path_info.startswith("/api/"):
        return translation.get_language_from_request(request)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
