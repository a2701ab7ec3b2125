"""Tokens of the app: django-allauth's, with a refresh token that has one successor however many ask
at once, and an access token that seldom costs a question.

Who asks again within ASK_AGAIN_SECONDS - five requests at once, or an answer that was lost - gets
the same pair; afterwards a used refresh token is refused (docs/decisions/0071).

An access token is checked by its signature, and by one reading of the cache: a session that the
database found good less than CHECKED_SECONDS ago, and that nothing has ended since, is good. In any
other case - not asked lately, something of the member changed, the cache away - the database is
asked as allauth does (docs/decisions/0035).
"""

import time
from functools import lru_cache
from typing import NamedTuple

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

from accounts import plain_tokens
from accounts.models import User
from accounts.sessions import COPY_SECONDS, ENDED, ENDED_SECONDS, SessionStore
from mall.core import clock, rows, shared_redis
from mall.core.transactions import transactional

CHECKED_SECONDS = COPY_SECONDS  # as long as a signed-out session may live when no word reached us
ASK_AGAIN_SECONDS = 10
ANSWERED = "refresh_answers"  # in the session: {used token's jti: [until, access, refresh]}
TOKENS_KEPT = 16_384  # three quarters of a kilobyte each, once so many members are about
SCHEME = "bearer"  # HEADLESS_JWT_AUTHORIZATION_HEADER_SCHEME, in small letters
CHECKED = "tokens.checked:"
DOUBTED = "tokens.doubted:"


def authenticate(token: str) -> tuple[User, dict] | None:
    """Return the member of an access token, whose row is read when it is needed, and the token's
    claims as far as they are asked for; None when the token is forged, old, or its session was
    ended.
    """
    try:
        good = _read(token)
    except AuthenticationFailed:
        return None
    if good.ends_at <= time.time():
        return None
    member, session_key = good.member, good.session_key
    claims = {"sub": member, "exp": good.ends_at}
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
        f"SELECT u.password, s.session_data FROM {rows.table(Session)} s "
        f"JOIN {rows.table(User)} u ON u.id = %s "
        f"WHERE s.session_key = %s AND s.expire_date > %s AND u.is_active"
    )
    now = connection.ops.adapt_datetimefield_value(clock.now())
    for password, data in rows.fetch(sql, [int(member), session_key, now]):
        user = rows.known(User, {"id": int(member), "password": password})
        session = SessionStore().decode(data)
        said = (session.get(SESSION_KEY), session.get(BACKEND_SESSION_KEY))
        hashed = str(session.get(HASH_SESSION_KEY))
        if said == (member, settings.AUTHENTICATION_BACKENDS[-1]) and constant_time_compare(
            hashed, user.get_session_auth_hash()
        ):
            return User.known_by(user.pk)
    return None


class _Good(NamedTuple):
    """What a well-signed access token says."""

    member: str
    session_key: str
    ends_at: int


@lru_cache(TOKENS_KEPT)
def _read(token) -> _Good:
    """Return what a well-signed access token says, which never changes. When it ends is asked each
    time. Raises: AuthenticationFailed.
    """
    claims = plain_tokens.claims_of(token) or internal.decode_token(token, "access")
    session_key = claims and internal.session_key_from_sid(claims["sid"])
    if not session_key:
        raise AuthenticationFailed
    return _Good(claims["sub"], session_key, claims["exp"])


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
        if scheme.lower() == SCHEME and token.isascii() and token.split() == [token]:
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
        """Return a new pair for a refresh token, the same one again for ASK_AGAIN_SECONDS, None
        (answered with 400) when it was used before that, is old or signed out.
        """
        payload = internal.decode_token(refresh_token, "refresh")
        session_key = payload and internal.session_key_from_sid(payload["sid"])
        try:
            return self._refresh(session_key, payload, refresh_token) if session_key else None
        except UpdateError:
            return None

    @transactional
    def _refresh(self, session_key, payload, refresh_token):
        # Two refreshes at once, or a sign-out: the second must see what the first left of the
        # session.
        if not list(Session.objects.select_for_update().filter(pk=session_key).values_list("pk")):
            return None
        session = SessionStore(session_key)
        session.drop_copy()
        found = internal.validate_refresh_token(refresh_token)
        if found is None:
            return _answered(session, payload)
        user, session, payload = found
        internal.invalidate_refresh_token(session, payload)
        access = internal.create_access_token(user, session, self.get_claims(user))
        pair = access, internal.create_refresh_token(user, session)
        now = time.time()
        given = session.get(ANSWERED, {}).items()
        recent = {jti: answer for jti, answer in given if now < answer[0]}
        session[ANSWERED] = recent | {payload["jti"]: [now + ASK_AGAIN_SECONDS, *pair]}
        session.save()
        return pair


def _answered(session, payload) -> tuple[str, str] | None:
    """Return the pair that was given for a refresh token a moment ago, if its member may still come
    in.
    """
    until, *pair = session.get(ANSWERED, {}).get(payload["jti"], [0])
    may_come_in = internal.validate_token_user(payload, session) is not None
    return tuple(pair) if time.time() < until and may_come_in else None
