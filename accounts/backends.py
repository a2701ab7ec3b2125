"""Who signs in by a password; allauth's backend, without what our names make needless."""

from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import PermissionDenied


class _ByUsernameOnly(AuthenticationBackend):
    def _authenticate_by_email(self, email, password):
        return None


class UsernameBackend:
    """First of settings.AUTHENTICATION_BACKENDS: a username has no "@" (accounts.models.USERNAME),
    so nobody looks for it among the e-mails, where allauth looks first.

    It only signs in. Sessions name allauth's backend, which stands behind it (accounts.adapter).
    """

    def authenticate(self, request, username, password):
        """Return the member, None for what may be an e-mail. Raises: PermissionDenied when it was
        wrong, so that no other backend spends a second Argon2 on it.
        """
        if not username or "@" in username:
            return None
        user = _ByUsernameOnly().authenticate(request, username=username, password=password)
        if user is None:
            raise PermissionDenied
        return user
