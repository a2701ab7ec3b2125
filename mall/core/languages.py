"""Which language an answer speaks, known from the request alone."""

from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.utils import translation

LONGEST_KNOWN = 200  # letters of Accept-Language; no app says more
KNOWN = 1000


def language_of(request) -> str:
    """Return the language of the reader's cookie on a page, and the one of Accept-Language for an
    app.

    A page without a cookie is Chinese whatever the browser asks for: the shop's default is
    zh-hans (docs/product.md), and a shopper switches with one tap.
    """
    if request.path_info.startswith("/api/"):
        accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        find = _wanted if len(accepted) <= LONGEST_KNOWN else _wanted.__wrapped__
        return find(accepted, request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def names_of(row, field: str = "name") -> dict[str, str]:
    """Return a translated field of a row in every language, {language: words}; what one lacks is
    said in the row's usual words.
    """
    usual = getattr(row, field) or ""
    return {
        "zh-hans": getattr(row, f"{field}_zh_hans") or usual,
        "en": getattr(row, f"{field}_en") or usual,
    }


def set_names(row, field: str, words: dict[str, str]) -> list[str]:
    """Write a translated field of a row in every language, {language: words}; the row is not saved.
    Returns the fields that were written.
    """
    written = [f"{field}_{language.replace('-', '_')}" for language in words]
    for name, said in zip(written, words.values(), strict=True):
        setattr(row, name, said)
    return written


def together(words: dict[str, str]) -> str:
    """Return what was said in every language, {language: words}, as one text."""
    return " / ".join(dict.fromkeys(words.values()))


def label_in(name: str, language: str) -> str:
    """Return what a form calls a translated field: its name, and in which language it is."""
    words = {"name": name, "language": dict(settings.LANGUAGES)[language]}
    return translation.gettext("%(name)s (%(language)s)") % words


@lru_cache(KNOWN)
def _wanted(accepted, chosen) -> str:
    """Return what Django finds in these two; it reads nothing else of a request."""
    cookies = {} if chosen is None else {settings.LANGUAGE_COOKIE_NAME: chosen}
    said = SimpleNamespace(META={"HTTP_ACCEPT_LANGUAGE": accepted}, COOKIES=cookies)
    return translation.get_language_from_request(said)
