"""The DRF seam: strict serializers, pages, one error shape. Endpoints live in each app's api.py."""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import inline_serializer
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler as StandardHandler
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.pagination import CursorPagination, PageNumberPagination

from mall.answers import UNREADABLE
from mall.errors import DomainError


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields instead of ignoring them."""

    def to_internal_value(self, sent):
        if isinstance(sent, dict):
            unknown = set(sent) - {name for name, field in self.fields.items() if not field.read_only}
            if unknown:
                refusal = [serializers.ErrorDetail(_("Unknown field."), "unknown_field")]
                raise serializers.ValidationError(dict.fromkeys(sorted(unknown), refusal))
        return super().to_internal_value(sent)


class StrictIntegerField(serializers.IntegerField):
    """A whole number written as a JSON number: no booleans, no floats, no numbers in strings."""

    def to_internal_value(self, sent):
        if isinstance(sent, bool) or not isinstance(sent, int):
            self.fail("invalid")
        return super().to_internal_value(sent)


def absolute(request, url: str) -> str | None:
    """Return a picture's whole address, or None when there is no picture."""
    return request.build_absolute_uri(url) if url else None


class PageNumbers(PageNumberPagination):
    """{count, next, previous, results}, 24 a page."""

    page_size = 24


class Cursor(CursorPagination):
    """{next, previous, results} for lists that grow at one end; never OFFSET."""

    page_size = 24


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
