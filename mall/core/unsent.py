"""What somebody typed and could not send: their session had ended, or the page's token was too old.

It stays in the session for an hour, encrypted, and fills in the same page once its reader is back.
Nothing is done with it before they send it themselves. Passwords are not kept, nor the codes of a
second factor; files cannot be.
"""

import inspect
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from mall.core import clock, encryption, reader_mark
from mall.core.limits import TooOften, limit
from mall.core.links import own_page

KEY = PLACE = "unsent"
KEPT_SECONDS = 3600
VISITS = "20/m"
MOST_PAGES = 4  # tabs that somebody has open
LONGEST = 256 * 1024  # bytes of a form as it was sent
SECRET = ("password", "csrfmiddlewaretoken", "token")


def fields(request) -> QueryDict | None:
    """Return what a form is filled with: what was posted, else what was left unsent, else
    nothing.
    """
    return request.POST if request.method == "POST" else take(request)


def status_of(request) -> int:
    """Return the status of a form's page: 400 where it comes back, whatever fills it."""
    return 400 if request.method == "POST" else 200


def keep(request, page: str) -> bool:
    """Keep what was posted for ``page``, an address of ours; False where there is nothing to."""
    sent = _sent(request)
    secret = [name for name in sent if any(word in name.lower() for word in SECRET)]
    for name in secret:
        del sent[name]
    written = sent.urlencode()
    if not sent or len(written) > LONGEST or _is_of(request, settings.UNSENT_NEVER):
        return False
    if not request.user.is_authenticated and not _may_keep(request):
        return False
    form = {
        "page": urlsplit(page).path,
        "fields": encryption.encrypt(written, place=PLACE),
        "at": int(clock.now().timestamp()),
        "owner": reader_mark.writer_of(request),
        "has_secrets": any("csrf" not in name for name in secret),
        "has_files": request.content_type == "multipart/form-data" and bool(request.FILES),
    }
    others = [one for one in _kept(request) if one["page"] != form["page"]]
    request.session[KEY] = [*others, form][-MOST_PAGES:]
    return True


def take(request, *, about: str = "") -> QueryDict | None:
    """Return what the reader left unsent on this page, once, and tell them that nothing was done.

    ``about`` names the fields that say what the page is about: where its address names others, what
    was left stays. What somebody else left, or an hour ago, is dropped.
    """
    kept = next((one for one in _kept(request) if one["page"] == request.path), None)
    if kept is None:
        return None
    sent = QueryDict(encryption.decrypt(kept["fields"], place=PLACE))
    if request.GET.getlist(about) not in ([], sent.getlist(about)):
        return None
    request.session[KEY] = [one for one in _kept(request) if one != kept]
    age = clock.now().timestamp() - kept["at"]
    if age > KEPT_SECONDS or kept["owner"] not in (None, request.user.pk):
        return None
    words = _("Nothing was sent yet. What you had filled in is here again: look at it and send it.")
    if kept.get("has_secrets"):
        words += " " + _("Passwords are never kept: please type them again.")
    if kept["has_files"]:
        words += " " + _("Please choose your file again.")
    messages.warning(request, words)
    return sent


def has_ended(request) -> bool:
    """Return whether a form comes from a member's page whose session is over, for doors that are a
    visitor's too: what is meant for the member's things must not be done to a visitor's.
    """
    return not request.user.is_authenticated and reader_mark.read(request) is not None


def sign_in_first(request):
    """Lead whoever is not signed in, or not any more, to the door, and from there back to their
    page as they left it.
    """
    page = page_of(request)
    if request.method == "POST":
        keep(request, page)
        messages.warning(
            request,
            _("You are signed out, so nothing was done. Sign in, and go on where you were."),
        )
    return led(request, redirect_to_login(page))


def back_to(request, page: str):
    """Lead back to a page whose token was too old, as it was filled in."""
    is_a_members = getattr(request.resolver_match.func, "login_required", True)
    is_shown = is_a_members or _is_of(request, settings.UNSENT_SHOWN_BY)
    if not (is_shown and keep(request, page)):
        messages.warning(request, _("This page was open for too long, so nothing was done."))
    return led(request, redirect(page))


def page_of(request) -> str:
    """Return the page a request came from: a form's own where it says so, else its address, where
    that can be looked at.
    """
    asked = request.get_full_path() if looks(request.resolver_match.func) else "/"
    if request.method != "POST" and not request.htmx:
        return asked
    page = request.htmx.current_url if request.htmx else request.META.get("HTTP_REFERER")
    page = _path_of(own_page(request, page or "", asked)) or asked
    is_same = urlsplit(page).path == request.path
    return asked if is_same and request.method != "POST" else page


def looks(view) -> bool:
    """Return whether an address can be looked at: what ``require_POST`` wraps cannot."""
    while inspect.isfunction(view):
        methods = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        if methods is not None:
            return "GET" in methods
        view = getattr(view, "__wrapped__", None)
    return True


def _is_of(request, modules):
    return request.resolver_match.func.__module__.startswith(modules)


def _kept(request) -> list[dict]:
    return request.session.get(KEY, [])


def _may_keep(request) -> bool:
    # Each is a row of the table of sessions.
    try:
        limit(request, "unsent", VISITS)
    except TooOften:
        return False
    return True


def _path_of(page) -> str:
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _sent(request) -> QueryDict:
    try:
        return request.POST.copy()
    except SuspiciousOperation:  # more fields than the page has
        return QueryDict(mutable=True)


def led(request, response):
    """Have htmx load a page whole where it is led to one, instead of putting it into a part of this
    one, where nobody sees what is told.
    """
    if not request.htmx:
        return response
    return HttpResponse(headers={"HX-Redirect": response["Location"]})
