"""Pages that belong to no app."""

import errno
import sys
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.static import serve

from accounts.profile import change_language
from mall import outage
from mall.core import error_responses, renditions, unsent
from mall.core.links import own_page
from mall.core.places import LOOKS

THEME_COOKIE_SECONDS = 365 * 24 * 3600
KEPT_AN_HOUR = {"max_age": 3600}
KEPT_FOR_GOOD = {"max_age": 365 * 24 * 3600, "public": True, "immutable": True}


@login_not_required
@require_POST
def set_theme(request):
    """Keep the reader's choice of light or dark in a cookie; anything else follows the device
    again.
    """
    response = redirect(own_page(request, request.POST.get("next", "")))
    theme = request.POST.get("theme")
    if theme in LOOKS:
        response.set_cookie(
            settings.THEME_COOKIE_NAME,
            theme,
            max_age=THEME_COOKIE_SECONDS,
            samesite="Lax",
            httponly=True,
        )
    else:
        response.delete_cookie(settings.THEME_COOKIE_NAME, samesite="Lax")
    return response


@login_not_required
def set_language(request):
    """Keep the reader's language in a cookie, and with a member for the mails they get."""
    response = i18n.set_language(request)
    chosen = request.POST.get("language")
    if (
        request.method == "POST"
        and request.user.is_authenticated
        and chosen in dict(settings.LANGUAGES)
    ):
        change_language(request.user, chosen)
    return response


@login_not_required
@require_safe
def page_worker(request):
    """Return the script that shows a page while the browser is offline; it stands at the root, as
    it answers for every address.
    """
    response = render(request, "sw.js", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@login_not_required
@require_safe
def offline(request):
    """Return the page that says that there is no connection."""
    return render(request, "offline.html")


@login_not_required
def picture(request, path):
    """Return an uploaded picture, or a smaller copy of one; leads to the picture where it is too
    large for copies. What its name says cannot change a browser keeps for good, all else for an
    hour (as ops/nginx has it). A name longer than the disk takes is no picture's, and no fault of
    ours. Raises: Http404.
    """
    try:
        made = renditions.find(path)
        response = (
            HttpResponse(made, content_type="image/webp")
            if made
            else serve(request, path, document_root=settings.MEDIA_ROOT)
        )
    except renditions.TooLarge as whole:
        response = redirect(default_storage.url(str(whole)))
    except OSError as error:
        if not isinstance(error, FileNotFoundError) and error.errno != errno.ENAMETOOLONG:
            raise
        raise Http404 from None
    kept = KEPT_FOR_GOOD if renditions.is_lasting(path) else KEPT_AN_HOUR
    patch_cache_control(response, **kept)
    return response


def csrf_failure(request, reason=""):
    """Answer a form whose CSRF token is missing or stale: nothing was changed. A page of ours comes
    back as it was filled in.
    """
    if _is_our_page(request):
        return unsent.back_to(request, unsent.page_of(request))
    words = {
        "title": _("This page has expired"),
        "detail": _("This page was open for too long. Go back, reload it and send it again."),
    }
    return render(request, "403.html", words, status=403)


def _is_our_page(request) -> bool:
    """Return whether a form carries a token, if an old one, and no other site sent it: what a
    stranger typed must not stand in a member's page.
    """
    has_token = "csrfmiddlewaretoken" in request.POST or "HTTP_X_CSRFTOKEN" in request.META
    own = f"{request.scheme}://{request.get_host()}"
    is_ours = request.META.get("HTTP_ORIGIN", own) == own
    is_ours = is_ours and own_page(request, request.META.get("HTTP_REFERER", own), "") != ""
    has_page = "HTTP_REFERER" in request.META or unsent.looks(request.resolver_match.func)
    return has_token and is_ours and has_page and bool(request.COOKIES)


def bad_request(request, exception):
    """Answer what cannot be read: too large, of an unknown host, in an encoding that is none; or a
    session just ended.

    Django calls it so too when a session could not be kept, whatever the database's reason.
    """
    busy = outage.refusal_of(exception, request)
    if busy:
        return outage.answer(request, busy)
    if isinstance(exception, SessionInterrupted) and not request.path_info.startswith("/api/"):
        # signed out in another tab meanwhile
        return redirect_to_login(own_page(request, request.get_full_path()))
    status = (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        if isinstance(exception, RequestDataTooBig)
        else HTTPStatus.BAD_REQUEST
    )
    return error_responses.unreadable(request, status.value)


def not_found(request, exception):
    """Answer an unknown address: a page with a way on, or the API's error shape."""
    if request.path_info.startswith("/api/"):
        return error_responses.api_error(404, "not_found", _("There is nothing at this address."))
    return render(request, "404.html", status=404)


def server_error(request):
    """Answer a fault: 503 for one of the database that passes, else 500; a page without the
    database, or the API's error shape.
    """
    busy = outage.refusal_of(sys.exception(), request)
    if busy:
        return outage.answer(request, busy)
    if request.path_info.startswith("/api/"):
        return error_responses.api_error(
            500, "error", _("Something broke on our side. Trying again with the same key is safe.")
        )
    request.tells_fault = True
    return render(request, "500.html", status=500)


@login_not_required
@csrf_exempt
def not_offered(request, *found):
    """Answer 404 for a door that a library has and the shop has not."""
    raise Http404
