"""Endpoints of members that are posted to in a rush: from the token to the bytes with nothing in
between that a plain request does not need.
"""

import json

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.json import strict_constant

from mall.core import error_responses
from mall.core.api import made
from mall.core.errors import Busy, DomainError
from mall.core.own_list import MembersView, allowed
from mall.core.strict import StrictSerializer, read, read_plain

JSON = "application/json"
ACCEPTED = ("*/*", JSON)
LONGEST_BODY = 4096  # bytes: more than any order an app sends
_JSON = json.JSONDecoder(parse_constant=strict_constant)  # as REST framework's: NaN is none


class PlainPost(MembersView):
    """An endpoint that members post JSON to.

    A plain request - by a good token, JSON as an app writes it, for JSON, and every field as it is
    declared - is answered at once: a caller who is known may ask, and is counted. Every other one
    is REST framework's to decide; both are answered by ``posted``.
    """

    asked: type[StrictSerializer]

    def posted(self, request, sent) -> tuple[dict, bool]:
        """Do what was asked by ``sent``; return what was made, ready for JSON, and whether it had
        been made before.
        """
        raise NotImplementedError

    def post(self, request):
        """See REST framework. Raises: ValidationError, and what ``posted`` does."""
        shown, replayed = self.posted(request, read(self.asked, request.data))
        return made(shown, replayed=replayed)

    def dispatch(self, request, *args, **kwargs):
        """See REST framework."""
        sent = _sent(request, self.asked) if request.method == "POST" else None
        if sent is None or not self.knows(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            shown, replayed = self.posted(request, sent)
        except Busy:
            raise
        except DomainError as refusal:
            return self._said(error_responses.body_of(refusal), refusal.status, refusal)
        answer = self._said(shown, 201)
        if replayed:
            answer["Idempotent-Replayed"] = "true"
        return answer

    def _said(self, body, status, refusal=None):
        answer = HttpResponse(JSONRenderer().render(body), status=status, content_type=JSON)
        answer.data = body  # as REST framework's own has it
        answer["Allow"] = allowed(self)
        if refusal is not None and refusal.retry_after_seconds:
            answer["Retry-After"] = str(refusal.retry_after_seconds)
        return answer


def _sent(request, asked):
    """Return the checked serializer of what is sent as an app sends it, else None."""
    about = request.META
    length = about.get("CONTENT_LENGTH", "")
    is_plain = about.get("CONTENT_TYPE") == JSON and about.get("HTTP_ACCEPT", "*/*") in ACCEPTED
    if not is_plain or about["QUERY_STRING"] or not length.isdecimal():
        return None
    if int(length) > LONGEST_BODY:
        return None
    try:
        return read_plain(asked, _JSON.decode(request.body.decode()))
    except (ValueError, RecursionError):
        return None
