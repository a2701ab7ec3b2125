"""The DRF seam: pages, clerks, one error shape. Endpoints live in each app's api.py."""

import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from mall.core import faults, second_factor
from mall.core.error_responses import UNREADABLE
from mall.core.errors import Busy, DomainError


class Clerk(BasePermission):
    """Staff with their second factor and the permission to look (GET) or to act (everything
    else).
    """

    looking = acting = ""

    def has_permission(self, request, view):
        """Return whether this is a clerk who may. Raises: SecondFactorRequired."""
        second_factor.demand(request.user)
        return request.user.is_staff and request.user.has_perm(
            self.looking if request.method == "GET" else self.acting
        )


# --- asked twice, done once --------------------------------------------------
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[201],
    description="true when this was done before.",
)


def once_key(what: str, *, longest: int = 64) -> OpenApiParameter:
    """Return the Idempotency-Key header for the document; ``what`` is what one key stands for."""
    said = f"1 to {longest} of A–Z a–z 0–9 _ . : -; one per {what}."
    return OpenApiParameter(
        "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description=said
    )


def key_of(request) -> str:
    """Return the Idempotency-Key a request carries, or nothing; the verb checks it."""
    return request.META.get("HTTP_IDEMPOTENCY_KEY", "")


def made(shown, *, replayed: bool) -> Response:
    """Answer 201 with what was made, and say so when it had been made before."""
    return Response(
        shown, status=201, headers={"Idempotent-Replayed": "true"} if replayed else None
    )


# --- pictures and pages ------------------------------------------------------
def absolute(request, url: str) -> str | None:
    """Return a picture's whole address, or None when there is no picture."""
    return request.build_absolute_uri(url) if url else None


class PageNumbers(PageNumberPagination):
    """{count, next, previous, results}, 24 a page."""

    page_size = 24


LARGEST_ID = (1 << 63) - 1  # what a database takes


class Cursor(CursorPagination):
    """{next, previous, results} for lists that grow at one end, in order of their ids; never
    OFFSET.
    """

    page_size = 24

    def decode_cursor(self, request):
        """Refuse a cursor we never wrote. Raises: NotFound."""
        if not request.META["QUERY_STRING"]:
            return None
        found = super().decode_cursor(request)
        # DRF hands whatever stands in it to the database, where a word instead of an id is a server
        # error.
        if found is not None and found.position is not None and not found.position.isdigit():
            raise NotFound(self.invalid_cursor_message)
        return found

    def answer(self, results: list) -> dict:
        """Return the page in the shape of every such list."""
        return {
            "next": self.get_next_link(),
            "previous": self.get_previous_link(),
            "results": results,
        }

    def page_of(self, read, request) -> list:
        """Return the rows of the page asked for, as ``read(limit=…)`` finds them with one bound
        more: ``before`` an id, the highest first, or ``after`` it, the lowest first; with neither
        the highest of all.
        """
        return self.paginate_queryset(_Reading(read), request)


class _Reading:
    """What a pager asks of a queryset, answered by a function."""

    def __init__(self, read):
        self._read, self._bound = read, {}

    def order_by(self, _name):
        """Go on: the bound says which end comes first."""
        return self

    def filter(self, **bound):
        """Stand on one side of an id."""
        ((lookup, pk),) = bound.items()
        side = "before" if lookup.endswith("__lt") else "after"
        self._bound = {side: min(int(pk), LARGEST_ID)}
        return self

    def __getitem__(self, cut):
        return self._read(limit=cut.stop, **self._bound)[cut.start :]


def listed(name: str, serializer):
    """Return the shape of a list of ``serializer`` for the document."""
    return inline_serializer(
        name,
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": serializer(many=True),
        },
    )


def whole(results: list) -> dict:
    """Return a short list, which needs no pages, in the shape of every list."""
    return {"count": len(results), "next": None, "previous": None, "results": results}


class Refusal(APIException):
    """A DomainError on its way out of the API."""

    def __init__(self, error: DomainError):
        self.status_code = error.status
        self.error = error
        super().__init__(detail=str(error), code=error.code)


class TooLarge(APIException):
    """A body above DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413
    default_code = "too_large"
    default_detail = UNREADABLE


class ExceptionHandler(StandardHandler):
    """Know our refusals beside DRF's own exceptions."""

    def run(self):
        """Leave a busy database, and a body that was cut, to the places that answer for them
        (``mall.outage``, handler400).
        """
        if isinstance(self.exc, (Busy, BadRequest)) or faults.is_passing(self.exc):
            return None
        return super().run()

    def convert_known_exceptions(self, exc):
        if isinstance(exc, DomainError):
            return Refusal(exc)
        if isinstance(exc, RequestDataTooBig):
            return TooLarge()
        return super().convert_known_exceptions(exc)

    def get_headers(self, exc):
        headers = super().get_headers(exc)
        if isinstance(exc, Refusal) and exc.error.retry_after_seconds:
            headers["Retry-After"] = str(exc.error.retry_after_seconds)
        return headers


class ErrorFormatter(ExceptionFormatter):
    """{type, errors: [{code, detail, attr}], request_id} and what a refusal adds (a new quote)."""

    def format_error_response(self, error_response):
        body = super().format_error_response(error_response)
        body["request_id"] = structlog.contextvars.get_contextvars().get("request_id")
        refusal = getattr(self.exc, "error", None)
        if refusal is not None:
            if refusal.field:
                body["errors"][0]["attr"] = refusal.field
            body.update(getattr(refusal, "extra", {}))
        return body
