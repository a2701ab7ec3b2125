"""The API's error shape for answers that do not pass DRF's handler: unknown addresses, faults,
allauth's doors.
"""

import structlog
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError

UNREADABLE = _("What arrived is damaged or too large. Please go back and try again.")
UNMEASURED = _("What arrived does not say how long it is. Please send it with a Content-Length.")
UNREADABLE_CODES = {400: "parse_error", 411: "length_required", 413: "too_large"}


def api_error(
    status: int, code: str, detail: str, *, attr=None, retry_after_seconds=None
) -> JsonResponse:
    """Return {type, errors: [{code, detail, attr}], request_id} with a status."""
    return JsonResponse(
        _body(status, code, detail, attr),
        status=status,
        headers={"Retry-After": str(retry_after_seconds)} if retry_after_seconds else None,
    )


def body_of(error: DomainError) -> dict:
    """Return what a refusal of the business says in the API's shape, and what it adds (a new
    quote).
    """
    said = _body(error.status, error.code, error, error.field)
    return said | getattr(error, "extra", {})


def _body(status, code, detail, attr) -> dict:
    return {
        "type": "server_error" if status >= 500 else "client_error",
        "errors": [{"code": code, "detail": str(detail), "attr": attr}],
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }


def unreadable(request, status: int) -> HttpResponse:
    """Return the answer to a request that cannot be read: a page, or the API's error shape."""
    words = UNMEASURED if status == 411 else UNREADABLE
    if request.path_info.startswith("/api/"):
        return api_error(status, UNREADABLE_CODES[status], words)
    return render(request, "400.html", {"status": status, "detail": words}, status=status)


def refusal(error: DomainError) -> JsonResponse:
    """Return a refusal of the business in the API's shape."""
    return api_error(
        error.status,
        error.code,
        error,
        attr=error.field,
        retry_after_seconds=error.retry_after_seconds,
    )


def accounts_refusal(error: DomainError) -> JsonResponse:
    """Return a refusal in the shape of the accounts API, allauth's: {status, errors: [{code,
    message, param?}]}.
    """
    told = {"code": error.code, "message": str(error)}
    if error.field:
        told["param"] = error.field
    seconds = error.retry_after_seconds
    return JsonResponse(
        {"status": error.status, "errors": [told]},
        status=error.status,
        headers={"Retry-After": str(seconds)} if seconds else None,
    )
