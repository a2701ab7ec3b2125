"""A body is read whole or not at all.

Django reads as many bytes as Content-Length says, so a chunked body would be seen as empty; and
granian (2.8.7) ends a body that was cut on its way as if it were complete, so nobody could tell
half a chunked one from the whole. Hence a body must say its length, and one that ends before is
refused. nginx measures what it forwards: behind it both are rare.
"""

import io

from django.core.exceptions import BadRequest, TooManyFieldsSent
from django.http import HttpResponse

from mall.core import error_responses, reader_mark

BODY_BYTES_MAX = 1024 * 1024  # of anything but a form with parts
FIELDS_MAX = 500  # of a form, for whoever is no clerk: to read one of many parts costs 70 µs each
# in the WSGI environment: there is a body, and nothing says how long it is
UNMEASURED = "mall.unmeasured_body"


class LengthMiddleware:
    """Answer 411 to a body without Content-Length, and 413 to one that is too long for its kind."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return refusal_of(request) or self.get_response(request)


def refusal_of(request) -> HttpResponse | None:
    """Return the answer to a request whose body nobody may read; None where it may be."""
    if UNMEASURED in request.META or "HTTP_TRANSFER_ENCODING" in request.META:
        return error_responses.unreadable(request, 411)
    return error_responses.unreadable(request, 413) if _is_too_long(request) else None


def _is_too_long(request):
    """Forms with parts are measured by Django, part by part: a table that is pasted is long."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return (
        length.isdecimal()
        and int(length) > BODY_BYTES_MAX
        and request.content_type != "multipart/form-data"
    )


class FieldsMiddleware:
    """Let a clerk send back as many fields as a page of the back office shows
    (DATA_UPLOAD_MAX_NUMBER_FIELDS), and anybody else no more than FIELDS_MAX.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        separator = _separator_of(request) if request.method == "POST" else None
        if separator and not _is_clerk(request):
            request._stream = CountedBody(request._stream, separator, FIELDS_MAX)
        return self.get_response(request)


def _is_clerk(request) -> bool:
    """Return whether a page of the back office comes back, though its session may have ended."""
    if not request.path_info.startswith("/admin/"):
        return False
    return request.user.is_staff or (reader_mark.read(request) or (0, False))[1]


def _separator_of(request) -> bytes | None:
    """Return what stands between the fields of a form; None where it is none."""
    if request.content_type == "application/x-www-form-urlencoded":
        return b"&"
    boundary = (request.content_params or {}).get("boundary")
    return b"--" + boundary.encode(errors="replace") if boundary else None


class CountedBody:
    """The stream of a body whose separators are counted while it is read, not when it was."""

    def __init__(self, stream, separator, most):
        self.stream, self.separator, self.most, self.tail = stream, separator, most, b""

    def read(self, *size):
        """See io. Raises: TooManyFieldsSent."""
        return self._counted(self.stream.read(*size))

    def readline(self, *size):
        """See io. Raises: TooManyFieldsSent."""
        return self._counted(self.stream.readline(*size))

    def close(self):
        """See io."""
        self.stream.close()

    def _counted(self, came):
        seen = self.tail + came
        self.most -= seen.count(self.separator)
        if self.most < 0:
            raise TooManyFieldsSent("More fields than a page of the shop has")
        keep = len(self.separator) - 1
        self.tail = seen[-keep:] if keep else b""
        return came


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
