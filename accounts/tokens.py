"""Tokens of the app: django-allauth's, with a refresh token that is good for one refresh however
many ask at once.
"""

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session

from accounts.sessions import SessionStore
from mall.core.transactions import transactional


class TokenStrategy(JWTTokenStrategy):
    """``settings.HEADLESS_TOKEN_STRATEGY``."""

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
