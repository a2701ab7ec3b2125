"""What accounts does when allauth says something changed: the signals are allauth's own."""

from allauth.account.signals import email_changed, email_confirmed
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.internal.flows.sessions import end_other_sessions

from accounts.models import User
from accounts.privacy import email_fingerprint
from accounts.profile import tell_when_complete
from mall.core import second_factor


def follow_email(sender, user, to_email_address, **kwargs):
    """Keep the fingerprint beside the e-mail it belongs to (allauth saves only the e-mail
    column).
    """
    User.objects.filter(pk=user.pk).update(
        email_canonical=email_fingerprint(to_email_address.email)
    )


def complete_profile(sender, email_address, **kwargs):
    """A verified e-mail may be the last thing a profile lacked."""
    tell_when_complete(User.objects.get(pk=email_address.user_id))


def end_sessions_by_password(sender, request, user, authenticator, **kwargs):
    """Sign everybody else out who came in before a second factor was asked for: only this session
    has shown it.
    """
    if authenticator.type in second_factor.KINDS:
        end_other_sessions(request, user)


def connect() -> None:
    """Hear what allauth says."""
    email_changed.connect(follow_email)
    email_confirmed.connect(complete_profile)
    authenticator_added.connect(end_sessions_by_password)
