"""What every request passes: the reader's language, headers, the purse, and refusals turned into a
sentence on a page.
"""

import logging
from http import HTTPStatus
from uuid import uuid4

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware as auth
from django.middleware import locale
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import empty
from django_structlog.middlewares import RequestMiddleware

from mall.core import error_responses, unsent
from mall.core.errors import Busy, DomainError
from mall.core.languages import language_of
from mall.core.limits import CannotCount, is_counting
from mall.core.links import own_page
from mall.core.networks import plain
from mall.monitoring.redaction import carries_key
from mall.purse import Purse
from points import event_delivery

TOLD_BY = "django_structlog.middlewares.request"  # the name on every line of a request
log = structlog.get_logger(TOLD_BY)
_logger = logging.getLogger(TOLD_BY)


class LocaleMiddleware(locale.LocaleMiddleware):
    """Speak the reader's language (``mall.core.languages``)."""

    def process_request(self, request):
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request, response):
        """Say the language. No address of ours names one, so there is none to be sought in it."""
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


def knows_reader(request) -> bool:
    """Whether somebody who is signed in asks, as far as the request has found out: asking here
    would cost a question.
    """
    user = getattr(request, "user", None)
    if user is None or getattr(user, "_wrapped", user) is empty:
        return False
    return user.is_authenticated


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Deny by default; where anybody may look, nobody asks who it is: pictures and /healthz need no
    database.
    """

    def process_view(self, request, view, args, kwargs):
        return (
            super().process_view(request, view, args, kwargs)
            if getattr(view, "login_required", True)
            else None
        )

    def handle_no_permission(self, request, view):
        """Ask to sign in; what was typed is kept for afterwards."""
        return unsent.sign_in_first(request)


class LogMiddleware(RequestMiddleware):
    """Tell each request in one event; mall.monitoring.logs drops what Django would say of it
    besides.
    """

    NAMED_BEFORE = {"HTTP_X_REQUEST_ID", "HTTP_X_CORRELATION_ID"}
    # All that is bound while a request lasts. To clear "everything" structlog (26.1) looks through
    # all variables of the thread, of which Django's addresses alone have ninety.
    BOUND = ("request_id", "correlation_id", "ip", "user_id", "reason")

    def __call__(self, request):
        """See django-structlog, which asks each time whether it is to wait for the answer."""
        self.prepare(request)
        response = self.get_response(request)
        self.handle_response(request, response)
        return response

    def prepare(self, request):
        """Name the request and its caller. Where a proxy has named it, or its beginning is told for
        debugging, that is django-structlog's to do.
        """
        request.is_told = True
        is_named = not self.NAMED_BEFORE.isdisjoint(request.META)
        if is_named or _logger.isEnabledFor(settings.DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL):
            super().prepare(request)
            return
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()))
        self.bind_ip(request)

    def handle_response(self, request, response):
        """Tell how it ended. Most lines are below the log's level or plain; the rest is
        django-structlog's to tell.
        """
        if response.streaming or hasattr(request, "_raised_exception"):
            super().handle_response(request, response)
            return
        self.bind_user_id(request)
        level = self._log_level_for_status_code(response.status_code)
        if _logger.isEnabledFor(level):
            words = {"code": response.status_code, "request": self.format_request(request)}
            log.log(level, "request_finished", **words)
        structlog.contextvars.unbind_contextvars(*self.BOUND)

    @classmethod
    def bind_ip(cls, request):
        """Name the caller: mall/wsgi.py has asked the proxies, headers claim anything. Behind a
        socket of the machine itself nobody has an address.
        """
        structlog.contextvars.bind_contextvars(ip=plain(request.META.get("REMOTE_ADDR", "")))

    @staticmethod
    def bind_user_id(request):
        """Name who asked where that is known: a log never asks the database."""
        if knows_reader(request):
            RequestMiddleware.bind_user_id(request)


class HeadersMiddleware:
    """Say what a browser may use and keep: no device, and nothing of a signed-in page on the
    disk.
    """

    REFERRER_WITHOUT_PATH = "strict-origin"
    WAIT_SECONDS = "60"  # allauth's limits do not say how long; a minute is the shortest of them
    PERMISSIONS = ", ".join(
        f"{device}=()"
        for device in (
            "accelerometer",
            "camera",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "payment",
            "usb",
        )
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        self.mark(request, response)
        return response

    def mark(self, request, response):
        """Put the headers on an answer."""
        response.headers.setdefault("Permissions-Policy", self.PERMISSIONS)
        if carries_key(request.path_info):
            # What the page loads next, and nginx when that fails, must not learn the key. Not
            # "no-referrer": browsers then send "Origin: null" with forms, which Django's CSRF check
            # refuses.
            response.headers["Referrer-Policy"] = self.REFERRER_WITHOUT_PATH
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers.setdefault("Retry-After", self.WAIT_SECONDS)
        if knows_reader(request) and not request.path_info.startswith(settings.MEDIA_URL):
            response.headers["Cache-Control"] = "no-store, private"


class PurseMiddleware:
    """Hang the reader's purse on the request; it is opened only by a page that shows it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.purse = Purse(request)
        return self.get_response(request)


class HearingMiddleware:
    """Do what follows from the reader's own facts before a page shows it
    (points/event_delivery.py); for visitors, in the back office, and where nothing waits, it does
    nothing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        is_page = request.resolver_match.app_name not in ("", "admin")
        is_known = settings.SESSION_COOKIE_NAME in request.COOKIES
        is_asked = is_page and is_known and request.method in ("GET", "HEAD")
        if is_asked and request.user.is_authenticated:
            event_delivery.hear(request.user)


class RefusalMiddleware:
    """Turn a DomainError that a page did not handle into one sentence, where the shopper was.

    And tell what allauth means when it says "too often" because nobody can count: CannotCount.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and not is_counting():
            return _cannot_count(request)
        return response

    def process_exception(self, request, error):
        if not isinstance(error, DomainError) or isinstance(error, Busy):
            return None
        if request.path_info.startswith("/api/auth/"):
            return error_responses.accounts_refusal(error)
        if request.path_info.startswith("/api/"):
            return error_responses.refusal(error)
        messages.error(request, str(error))
        page = request.htmx.current_url if request.htmx else request.META.get("HTTP_REFERER")
        back = redirect(own_page(request, page or ""))
        # A part that a page fetches by itself would have it load for ever.
        return unsent.led(request, back) if request.method == "POST" else back


def _cannot_count(request):
    error = CannotCount()
    if request.path_info.startswith("/api/auth/"):
        return error_responses.accounts_refusal(error)
    if request.path_info.startswith("/api/"):
        return error_responses.refusal(error)
    response = render(request, "429.html", {"detail": str(error)}, status=error.status)
    response["Retry-After"] = str(error.retry_after_seconds)
    return response
