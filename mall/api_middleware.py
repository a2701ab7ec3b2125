"""The short way into the API: /api/v1/ has middlewares of its own, and this is the one place that
decides by the path.

A page needs a session, a form's token, messages and a user; an endpoint needs none of them: REST
framework asks the bearer token itself (accounts.tokens). The table of what each middleware did for
the API, and who does it now, is docs/decisions/0036.
"""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response, response_for_exception
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from rest_framework.exceptions import NotAuthenticated

from mall.core import error_responses, headers
from mall.core.languages import language_of
from mall.csp import PolicyMiddleware
from mall.middleware import HeadersMiddleware
from mall.purse import Purse
from mall.server import bodies

PREFIX = "/api/v1/"
MOST_KNOWN = 2000


class ApiMiddleware:
    """First in settings.MIDDLEWARE: lead a request to an endpoint through settings.API_MIDDLEWARE
    instead of the rest.

    allauth's endpoints under /api/auth/ stay on the long way: they sign in by session, user and
    request.allauth. So does the document for people, /api/docs/, which is a page.
    """

    def __init__(self, get_response):
        self.long_way = get_response
        self.short_way = ApiHandler().answer

    def __call__(self, request):
        way = self.short_way if request.path_info.startswith(PREFIX) else self.long_way
        return way(request)


class ApiHandler(BaseHandler):
    """Django's handler of requests, with settings.API_MIDDLEWARE around the views."""

    def __init__(self):
        self._view_middleware, self._exception_middleware = [], []
        self._template_response_middleware = []
        self._known = {}
        self.answer = convert_exception_to_response(self._get_response)
        for name in reversed(settings.API_MIDDLEWARE):
            self._surround(import_string(name)(self.answer))

    def resolve_request(self, request):
        """Return the view of a path, remembered for up to MOST_KNOWN paths: there are many
        endpoints to go through, and they are the same for everybody.
        """
        urls = getattr(request, "urlconf", settings.ROOT_URLCONF)
        match = self._known.get((urls, request.path_info))
        if match is None:
            match = super().resolve_request(request)
            if len(self._known) >= MOST_KNOWN:
                self._known = {}  # the usual ones are soon back
            self._known[urls, request.path_info] = match
        request.resolver_match = match
        return match

    def _surround(self, middleware):
        # Django's order (5.2, BaseHandler.load_middleware): the outermost sees the view first, the
        # innermost the exception.
        if hasattr(middleware, "process_view"):
            self._view_middleware.insert(0, middleware.process_view)
        if hasattr(middleware, "process_template_response"):
            self._template_response_middleware.append(middleware.process_template_response)
        if hasattr(middleware, "process_exception"):
            self._exception_middleware.append(middleware.process_exception)
        self.answer = convert_exception_to_response(middleware)


class EnvelopeMiddleware:
    """What every request to the API has to be, and what every answer carries; on a page nine
    middlewares see to that.

    A request comes by TLS where the shop wants it, names a host of the shop, and says how long its
    body is. The reader's language is spoken, and their purse hung on the request. The headers that
    are the same on every answer are asked of those who know them on a page, once.
    """

    KNOWING = (SecurityMiddleware, PolicyMiddleware, XFrameOptionsMiddleware)

    def __init__(self, get_response):
        self.get_response = get_response
        self.security = SecurityMiddleware(get_response)
        self.manners = HeadersMiddleware(get_response)
        self._same = {}

    def __call__(self, request):
        request.LANGUAGE_CODE = language_of(request)
        translation.activate(request.LANGUAGE_CODE)
        request.purse = Purse(request)
        response = self._refusal(request) or self.get_response(request)
        self._address(request, response)
        return response

    def process_view(self, request, view, args, kwargs):
        """Deny by default: a view that is no endpoint of REST framework asks nobody who they are,
        so it has to say that anybody may look (``login_not_required``).
        """
        if getattr(view, "login_required", True):
            no = NotAuthenticated
            return error_responses.api_error(no.status_code, no.default_code, no.default_detail)
        return None

    def _refusal(self, request):
        try:
            led_to_tls = self.security.process_request(request)
            request.get_host()
        except DisallowedHost as error:
            return response_for_exception(request, error)
        return led_to_tls or bodies.refusal_of(request)

    def _address(self, request, response):
        if "Vary" in response.headers:
            patch_vary_headers(response, ("Accept-Language",))
        headers.put_missing(response, self._headers_of(request))
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        self.manners.mark(request, response)

    def _headers_of(self, request) -> dict:
        """Return what an empty answer gets on a page, by the way it goes and its language."""
        kind = request.is_secure(), request.LANGUAGE_CODE
        if kind not in self._same:
            empty = HttpResponse()
            del empty["Content-Type"]
            empty["Vary"], empty["Content-Language"] = "Accept-Language", kind[1]
            for knowing in self.KNOWING:
                empty = knowing(self.get_response).process_response(request, empty)
            self._same[kind] = headers.checked(empty)
        return self._same[kind]
