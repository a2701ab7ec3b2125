"""Which browsers a member has signed in with: a signed cookie remembers, so that a sign-in from a
new one can be told.

Apps carry no cookie and name their device themselves; they are not told of here.
"""

import re

from django.core.signing import BadSignature, Signer

from accounts import events
from mall.core.events import hand_over

COOKIE = "mall_seen"
COOKIE_SECONDS = 365 * 86400
MEMBERS_REMEMBERED = 5
BROWSERS = (
    ("Edg/", "Edge"),
    ("MicroMessenger", "WeChat"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
_signer = Signer(salt="accounts.devices")


def greet(request, response, user, *, is_first: bool) -> None:
    """Remember the browser, and tell the rooms above when a member comes with a new one.

    ``is_first``: the member has never signed in before, so every browser is new and none is news.
    """
    seen = _seen(request)
    if user.pk not in seen and not is_first:
        hand_over([events.new_device(user, name_of(request.headers.get("User-Agent", "")))])
    kept = [user.pk, *(pk for pk in seen if pk != user.pk)][:MEMBERS_REMEMBERED]
    value = _signer.sign_object(kept)
    response.set_cookie(
        COOKIE,
        value,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def name_of(user_agent: str) -> str:
    """Return "Firefox, Windows": what a member recognises, never the whole line."""
    names = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (BROWSERS, SYSTEMS)
    ]
    return re.sub(r"^, |, $", "", ", ".join(names)) or "?"


def _seen(request) -> list[int]:
    try:
        return _signer.unsign_object(request.COOKIES.get(COOKIE, ""))
    except (BadSignature, ValueError):
        return []
