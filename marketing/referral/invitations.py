"""The invitation: a member's signed link, remembered by the browser that came through it until its
owner signs up, or told by an app.

It is one of the member's shared links (marketing/shared_links.py): the one that leads to the
sign-up page. The first member whose invitation was opened counts, for DAYS_REMEMBERED days.
"""

from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext_lazy as _

from marketing import shared_links
from marketing.errors import NoSuchLink

COOKIE = "mall_invitation"
DAYS_REMEMBERED = 30
REMEMBERED = timedelta(days=DAYS_REMEMBERED)
signer = signing.TimestampSigner(salt="marketing.referral", sep=".")


class NoSuchInvitation(NoSuchLink):
    """An app told an invitation that we did not sign."""

    code = "invalid_invitation"
    status = 400
    field = "invitation"
    message = _("This invitation is not one of ours. Leave it out to sign up without one.")


def link_of(user_id: int) -> shared_links.Link:
    """Return a member's invitation; the same one every time."""
    return shared_links.Link(user_id, invites=True)


def remember(request, response, link: shared_links.Link) -> None:
    """Have the browser of a visitor remember who invited it; who was remembered before stays, and a
    member who is signed in needs no invitation.
    """
    if request.user.is_authenticated or remembered(request) is not None:
        return
    response.set_cookie(
        COOKIE,
        signer.sign(link.token),
        max_age=int(REMEMBERED.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def remembered(request) -> int | None:
    """Return the id of the member whose link this browser came through, None for nobody's."""
    try:
        token = signer.unsign(request.COOKIES.get(COOKIE, ""), max_age=REMEMBERED)
        return shared_links.read(token).user_id
    except (signing.BadSignature, NoSuchLink):
        return None


def inviter_of(request) -> int | None:
    """Return the id of the member who invited whoever signs up by this request, None for nobody: an
    app says it, a browser remembers it.

    Raises: NoSuchInvitation.
    """
    if not request.path_info.startswith("/api/"):
        return remembered(request)
    told = getattr(request, "invitation", "")
    if not told:
        return None
    try:
        return shared_links.read(told).user_id
    except NoSuchLink as error:
        raise NoSuchInvitation from error
