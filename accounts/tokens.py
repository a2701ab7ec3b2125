"""Tokens of the app: django-allauth's, with a refresh token that is good for one refresh however
many ask at once, and an access token that seldom costs a question.

An access token is checked by its signature, and by one reading of the cache: a session that the
database found good less than CHECKED_SECONDS ago, and that nothing has ended since, is good. In any
other case - not asked lately, something of the member changed, the cache away - the database is
asked as allauth does (docs/decisions/0035).
"""

import time
from functools import lru_cache

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User
from accounts.sessions import COPY_SECONDS, ENDED, ENDED_SECONDS, SessionStore
from mall.core import clock, rows, shared_redis
from mall.core.transactions import transactional

CHECKED_SECONDS = COPY_SECONDS  # as long as a signed-out session may live when no word reached us
TOKENS_KEPT = 4096  # a kilobyte each
CHECKED = "tokens.checked:"
DOUBTED = "tokens.doubted:"


def authenticate(token: str) -> tuple[User, dict] | None:
    """Return the member of an access token, whose row is read when it is needed, and the token's
    claims; None when the token is forged, old, or its session was ended.
    """
    try:
        claims, session_key = _read(token)
    except AuthenticationFailed:
        return None
    if claims["exp"] <= time.time():
        return None
    member = claims["sub"]
    keys = (_checked(session_key, member), f"{ENDED}{session_key}", f"{DOUBTED}{member}")
    is_checked, *stops = shared_redis.as_stored(keys)
    if stops == [None, None]:
        if is_checked is not None:
            return User.known_by(int(member)), claims
        user = _in_session(session_key, member)
        if user is not None:
            _keep_checked(session_key, member)
            return user, claims
    asked = internal.validate_access_token(token)
    if asked is not None:
        _keep_checked(session_key, member)
    return asked


def _in_session(session_key, member) -> User | None:
    """Return the member if the rows of session and member say yes beyond doubt, in one statement;
    None leaves the decision to allauth.

    Source: django.contrib.auth.get_user (5.2), which asks the same of session and user.
    """
    sql = (
        f"SELECT {rows.columns('u', User)}, s.session_data FROM {rows.table(Session)} s "
        f"JOIN {rows.table(User)} u ON u.id = %s "
        f"WHERE s.session_key = %s AND s.expire_date > %s AND u.is_active"
    )
    now = connection.ops.adapt_datetimefield_value(clock.now())
    for row in rows.fetch(sql, [int(member), session_key, now]):
        user, session = rows.read(User, row), SessionStore().decode(row[-1])
        said = (session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY))
        hashed = str(session.get(HASH_SESSION_KEY))
        if said == (member, settings.AUTHENTICATION_BACKENDS[-1]) and constant_time_compare(
            hashed, user.get_session_auth_hash()
        ):
            return user
    return None


@lru_cache(TOKENS_KEPT)
def _read(token):
    """Return the claims of a well-signed access token and the key of its session: what a signature
    says of a token never changes. When it ends is asked each time. Raises: AuthenticationFailed.
    """
    claims = internal.decode_token(token, "access")
    session_key = claims and internal.session_key_from_sid(claims["sid"])
    if not session_key:
        raise AuthenticationFailed
    return claims, session_key


def _keep_checked(session_key, member):
    cache.set(_checked(session_key, member), 1, CHECKED_SECONDS)


def _checked(session_key, member) -> str:
    return f"{CHECKED}{session_key}:{member}"


def doubt(user_id: int) -> None:
    """Ask the database about every token of a member from now on: the password changed, or whether
    they may come in at all.

    It may be called before COMMIT: the mark outlives a transaction, and any request that read what
    was there before it.
    """
    cache.set(f"{DOUBTED}{user_id}", 1, ENDED_SECONDS)


class BearerAuthentication(JWTTokenAuthentication):
    """``Authorization: Bearer`` of the API."""

    def authenticate(self, request):
        """See REST framework, which reads all headers to find this one, and has words for odd
        ones.
        """
        scheme, _blank, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == self.keyword.lower() and token.isascii() and token.split() == [token]:
            return self.authenticate_credentials(token)
        return super().authenticate(request)

    def authenticate_credentials(self, key):
        """See REST framework. Raises: AuthenticationFailed."""
        found = authenticate(key)
        if found is None:
            raise AuthenticationFailed("Invalid token.")
        return found


class TokenStrategy(JWTTokenStrategy):
    """``settings.HEADLESS_TOKEN_STRATEGY``."""

    def create_access_token(self, request):
        """Return the token of somebody who signed in just now: found good, so nobody asks again."""
        _keep_checked(request.session.session_key, str(request.user.pk))
        return super().create_access_token(request)

    def refresh_token(self, refresh_token):
        """Return a new pair for a refresh token, None (answered with 400) when it is used, old or
        signed out.
        """
        payload = internal.decode_token(refresh_token, "refresh")
        session_key = payload and internal.session_key_from_sid(payload["sid"])
        try:
            return self._refresh(session_key, refresh_token) if session_key else None
        except UpdateError:
            return None

    @transactional
    def _refresh(self, session_key, refresh_token):
        # Two refreshes at once, or a sign-out: the second must see what the first left of the
        # session.
        if not list(Session.objects.select_for_update().filter(pk=session_key).values_list("pk")):
            return None
        SessionStore(session_key).drop_copy()
        return super().refresh_token(refresh_token)
