"""Who a page was made for, as its script can tell: a signed cookie that says which member is signed
in, or is not there for a visitor.

A page that the browser kept compares it with its own (static/js/waking.js); a form that comes back
after its session ended says by it whose it was (mall.core.unsent). A second cookie remembers who
was signed in before: such a form may be older than the last page.
"""

from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.functional import empty

COOKIE = "mall_reader"
LAST = "mall_last_reader"
CLERK = "c"
MEMBER = "m"
ERRORS = 500  # there nobody asked who it is


def of(user) -> str:
    """Return the mark of whoever is signed in; nothing for a visitor."""
    return _mark(f"{user.pk}{CLERK if user.is_staff else MEMBER}") if user.is_authenticated else ""


@lru_cache(maxsize=4096)
def _mark(words) -> str:
    return Signer(salt=COOKIE).sign(words)


def read(request) -> tuple[int, bool] | None:
    """Return whose browser it is as the cookie says: the member's id, and whether of the staff."""
    return _read(request, COOKIE)


def writer_of(request) -> int | None:
    """Return the id of the member for whom a form that could not be sent was made. Whoever signed
    in meanwhile, in another tab, is taken for the writer only where nobody was before.
    """
    before = _read(request, LAST)
    if request.user.is_authenticated:
        return before[0] if before else request.user.pk
    found = read(request) or before
    return found and found[0]


def _read(request, cookie) -> tuple[int, bool] | None:
    try:
        words = Signer(salt=COOKIE).unsign(request.COOKIES.get(cookie, ""))
    except BadSignature:
        return None
    return int(words[:-1]), words[-1] == CLERK


class ReaderMarkMiddleware:
    """Keep the cookie true, where a page has found out who reads it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        user = request.user
        if getattr(user, "_wrapped", user) is empty or request.path_info.startswith("/api/"):
            return response
        mark = of(user)
        before, secure = request.COOKIES.get(COOKIE), settings.SESSION_COOKIE_SECURE
        if mark == (before or "") or (not mark and response.status_code >= ERRORS):
            return response
        if mark:
            response.set_cookie(COOKIE, mark, secure=secure, samesite="Lax")
        else:
            response.delete_cookie(COOKIE, samesite="Lax")
        if before:
            response.set_cookie(LAST, before, secure=secure, samesite="Lax", httponly=True)
        return response
