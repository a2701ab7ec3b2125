"""The second factor of staff: asked at every door behind the counter, the admin's and the API's
alike.

A sign-in of somebody who has one is asked for it before any session or token exists (allauth), and
setting one up ends every other session (accounts.receivers), so whoever has one has shown it: no
door asks how a session began.

Source: docs/decisions/0014-second-factor-at-every-door.md
"""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError

# What a sign-in is stopped for. Recovery codes alone are not: allauth counts them, but asks nobody
# for them.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SecondFactorRequired(DomainError):
    """Somebody of the staff signs in with a password alone."""

    code = "second_factor_required"
    status = 403
    message = _(
        "Staff accounts need a second step for signing in. Please set one up first: on the page "
        "Account, Two-step sign-in, with an authenticator app."
    )


def is_missing(user) -> bool:
    """Return whether a member of staff has to set up a second factor before working here."""
    return settings.STAFF_NEED_SECOND_FACTOR and user.is_staff and not is_mfa_enabled(user, KINDS)


def demand(user) -> None:
    """Let staff pass who have a second factor. Raises: SecondFactorRequired."""
    if is_missing(user):
        raise SecondFactorRequired
