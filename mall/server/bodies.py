"""A body is read whole or not at all.

Django reads as many bytes as Content-Length says, so a chunked body would be seen as empty; and
granian (2.8.7) ends a body that was cut on its way as if it were complete, so nobody could tell
half a chunked one from the whole. Hence a body must say its length, and one that ends before is
refused. nginx measures what it forwards: behind it both are rare.
"""

import io

from django.core.exceptions import BadRequest

from mall.core import error_responses

BODY_BYTES_MAX = 1024 * 1024  # of anything but a form with parts
# in the WSGI environment: there is a body, and nothing says how long it is
UNMEASURED = "mall.unmeasured_body"


def is_unmeasured(request) -> bool:
    """Whether a request has a body of which nobody knows how long it is."""
    return UNMEASURED in request.META or "HTTP_TRANSFER_ENCODING" in request.META


class LengthMiddleware:
    """Answer 411 to a body without Content-Length, and 413 to one that is too long for its kind."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if is_unmeasured(request):
            return error_responses.unreadable(request, 411)
        if _is_too_long(request):
            return error_responses.unreadable(request, 413)
        return self.get_response(request)


def _is_too_long(request):
    """Forms with parts are measured by Django, part by part: a table that is pasted is long."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return (
        length.isdecimal()
        and int(length) > BODY_BYTES_MAX
        and request.content_type != "multipart/form-data"
    )


class WholeBody(io.RawIOBase):
    """``wsgi.input`` of which every byte that was promised must come."""

    def __init__(self, stream, length):
        self.stream, self.missing = stream, length

    def readable(self):
        """See io."""
        return True

    def readinto(self, buffer):
        """See io. Raises: BadRequest when the body ends before its length."""
        wanted = min(len(buffer), self.missing)
        came = self.stream.read(wanted) if wanted else b""
        if wanted and not came:
            raise BadRequest("The request ended before its Content-Length")
        self.missing -= len(came)
        buffer[: len(came)] = came
        return len(came)


def measured(application):
    """Wrap a WSGI application so that a body is as long as it says."""

    def measuring(environ, start_response):
        if environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = io.BufferedReader(
                WholeBody(environ["wsgi.input"], int(environ["CONTENT_LENGTH"]))
            )
        elif environ["wsgi.input"].read(1):  # chunked, or over HTTP/2, which needs neither header
            environ[UNMEASURED] = True
        return application(environ, start_response)

    return measuring
