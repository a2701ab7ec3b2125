"""Lists of a caller's own rows, which members' apps read most: from the token to the bytes with
nothing in between that a plain question does not need, and from kept bytes where nothing of the
member has changed.
"""

import time
from dataclasses import dataclass

from django.db import DatabaseError
from django.http import HttpResponse
from django.urls import ResolverMatch
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from mall.core import headers, kept, shared_redis
from mall.core.memory import Memory
from mall.core.places import place_of

PLAIN = ("*/*", "application/json")
MOST_BYTES = 16 * 1024 * 1024
MOST_PLACES = 1000  # addresses by host and language
ROOM_BYTES = 1500  # of an answer beside its body


class MembersView(APIView):
    """An endpoint of whoever is known, which can tell without REST framework who asks."""

    def knows(self, request) -> bool:
        """Whether a good token came, of a caller who does not knock too often."""
        for way in self.get_authenticators():
            try:
                found = way.authenticate(request)
            except APIException:
                return False
            if found:
                request.user, request.auth = found
                return all(one.allow_request(request, self) for one in self.get_throttles())
        return False


_allowed: dict[type, str] = {}


def allowed(view) -> str:
    """Return the methods of an endpoint that is being asked, as its answers name them."""
    own = type(view)
    if own not in _allowed:
        _allowed[own] = ", ".join(view.allowed_methods)
    return _allowed[own]


class OwnList(MembersView):
    """An endpoint that lists what is the caller's own.

    A plain question - GET, without parameters, by a good token, for JSON - is answered at once: a
    caller who is known may read, and is counted. Every other one is REST framework's to decide;
    both are answered by ``listed``.
    """

    def listed(self, request, **asked) -> dict:
        """Return the page that is asked for, ready for JSON. Where the request has a ``truth``,
        nothing of the member waits.
        """
        raise NotImplementedError

    @staticmethod
    def state(user_id: int):
        """Return what changes with everything of a member that the list shows, by one reading of
        the database; None while more is about to change, or where nothing tells.
        """
        return

    def dispatch(self, request, *args, **kwargs):
        """See REST framework."""
        if not hasattr(request, "truth"):
            if not (_is_plain(request) and self.knows(request)):
                return super().dispatch(request, *args, **kwargs)
            # read before the rows: what changes meanwhile ends up under the older truth
            request.truth = self.truth(request)
        response = HttpResponse(
            JSONRenderer().render(self.listed(request)), content_type="application/json"
        )
        response["Allow"] = allowed(self)
        if request.truth:
            response.holds = request.truth
        return response

    def truth(self, request) -> tuple | None:
        """Return what the answer to this caller is made of: the version of what operators set
        (names of rules), and the member's state. None where one of them is not known.
        """
        version = kept.version()
        state = version and self.state(request.user.pk)
        return (version, state) if state else None


@dataclass(frozen=True, slots=True)
class _Answer:
    """A member's answer, whole."""

    body: bytes
    headers: dict


class OwnAnswersMiddleware:
    """Answer a plain question for a member's own list from the bytes of the last answer, if the
    member's state is what it was; otherwise the ``OwnList`` behind it makes them anew.

    The token is checked and the caller counted each time, and the state is read from the database
    within the request. What an earlier release, or SQL by hand, changes without a word is seen
    after TRUST_SECONDS.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self._answers, self._matches = Memory(MOST_BYTES), {}

    def __call__(self, request):
        if "HTTP_AUTHORIZATION" not in request.META or not _is_plain(request):
            return self.get_response(request)
        place = place_of(request)
        match = self._matches.get(place)
        answer = match and self._known(request, place, match)
        if answer:
            request.resolver_match = match
            response = HttpResponse(answer.body)
            headers.put(response, answer.headers)
            return response
        response = self.get_response(request)
        if hasattr(response, "holds"):
            self._keep(request, place, response)
        return response

    def _known(self, request, place, match: ResolverMatch) -> _Answer | None:
        view = match.func.view_class()
        with shared_redis.one_moment(also=(kept.VERSION_KEY,)):
            if not view.knows(request):
                return None
            try:
                request.truth = view.truth(request)
            except DatabaseError:
                return None  # the long way meets it too, and has words for it
        key = (request.user.pk, place)
        return request.truth and self._answers.get(key, request.truth, time.monotonic())

    def _keep(self, request, place, response):
        if len(self._matches) >= MOST_PLACES:
            self._matches = {}  # the usual ones are soon back
        self._matches[place] = request.resolver_match
        answer, now = _Answer(response.content, headers.checked(response)), time.monotonic()
        size = len(answer.body) + ROOM_BYTES
        until = now + kept.TRUST_SECONDS
        self._answers.put((request.user.pk, place), response.holds, now, until, answer, size=size)


def _is_plain(request) -> bool:
    told = request.META
    accepted = told.get("HTTP_ACCEPT", "*/*")
    return (
        request.method == "GET"
        and not told["QUERY_STRING"]
        and ";" not in accepted
        and any(kind in accepted for kind in PLAIN)
    )
