"""The number beside the basket in every page's header: told by a cookie, so that no page asks the
database for it, and pages kept for visitors stay the same bytes.

It names whose basket it is of, so nobody is shown somebody else's. A member's page without it
fetches it once (static/js/basket.js); without JavaScript it is there once the basket was opened.
"""

from orders.basket import contents, cookies

COOKIE = "mall_basket"
UNKNOWN = ""


def note(response, request, lines):
    """Tell the browser how many pieces lie in its basket, on the way out."""
    return cookies.write(request, response, COOKIE, str(contents.pieces(lines)))


def doubt(response):
    """Have the next page ask anew: an order may have emptied the basket."""
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def of(request) -> str:
    """Return the number for the header; of a member it may not be known yet."""
    owner, pieces = cookies.read(request, COOKIE)
    if owner == cookies.owner_of(request) and pieces.isdecimal() and len(pieces) <= len("1980"):
        return pieces
    return UNKNOWN if request.user.is_authenticated else "0"
