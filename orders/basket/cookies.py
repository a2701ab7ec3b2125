"""Cookies that name whose they are, so that nobody is told what somebody else did at the same
browser. A visitor's name nobody.
"""

from django.conf import settings


def owner_of(request) -> str:
    """Return whom a cookie of the reader names; nobody of a visitor."""
    return str(request.user.pk) if request.user.is_authenticated else ""


def read(request, name: str) -> tuple[str, str]:
    """Return (whom it names, what it says); nothing where there is none."""
    owner, _dot, said = request.COOKIES.get(name, "").partition(".")
    return owner, said


def write(request, response, name: str, said: str, *, seconds: int | None = None):
    """Have the browser keep what is said of the reader, for ``seconds`` or until it is closed."""
    response.set_cookie(
        name,
        f"{owner_of(request)}.{said}",
        max_age=seconds,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
