"""Lists of a caller's own rows, which members' apps read most: from the token to the bytes with
nothing in between that a plain question does not need.
"""

from django.http import HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

PLAIN = ("*/*", "application/json")


class OwnList(APIView):
    """An endpoint that lists what is the caller's own.

    A plain question - GET, without parameters, by a good token, for JSON - is answered at once: a
    caller who is known may read, and is counted. Every other one is REST framework's to decide;
    both are answered by ``listed``.
    """

    def listed(self, request, **asked) -> dict:
        """Return the page that is asked for, ready for JSON."""
        raise NotImplementedError

    def dispatch(self, request, *args, **kwargs):
        """See REST framework."""
        if not (_is_plain(request) and self._knows(request)):
            return super().dispatch(request, *args, **kwargs)
        response = HttpResponse(
            JSONRenderer().render(self.listed(request)), content_type="application/json"
        )
        response["Allow"] = ", ".join(self.allowed_methods)
        return response

    def _knows(self, request) -> bool:
        for way in self.get_authenticators():
            try:
                found = way.authenticate(request)
            except APIException:
                return False
            if found:
                request.user, request.auth = found
                return all(one.allow_request(request, self) for one in self.get_throttles())
        return False


def _is_plain(request) -> bool:
    told = request.META
    accepted = told.get("HTTP_ACCEPT", "*/*")
    return (
        request.method == "GET"
        and not told["QUERY_STRING"]
        and ";" not in accepted
        and any(kind in accepted for kind in PLAIN)
    )
