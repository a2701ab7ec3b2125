"""What accounts does when allauth says something changed: the signals are allauth's own."""

from allauth.account.adapter import get_adapter
from allauth.account.signals import (
    email_changed,
    email_confirmed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.mfa.signals import authenticator_added
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_added, social_account_removed
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.signals import on_user_logged_in
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.middleware.csrf import rotate_token

from accounts import persons, tokens, traces
from accounts.models import User, WeChatPerson
from accounts.privacy import email_fingerprint
from accounts.profile import tell_when_complete
from accounts.wechat import persons as wechat
from mall.core import audit, second_factor


def note_device(sender, request, user, **kwargs):
    """Enter a new session into the member's list of devices."""
    if not request.session.is_unwritten:  # signed in again where they were signed in
        UserSession.objects.create_from_request(request)
        return
    longest = UserSession._meta.get_field("user_agent").max_length
    UserSession(
        user=user,
        session_key=request.session.session_key,
        ip=get_adapter().get_client_ip(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:longest],
        data=traces.of(request).as_plain(),
    ).save(force_insert=True)


def age_pages(sender, request, **kwargs):
    """Let no page that was made for a member act once they have left, in another tab say: what it
    sends would be done to a visitor's things.
    """
    if request is not None and settings.CSRF_COOKIE_NAME in request.COOKIES:
        rotate_token(request)


def follow_email(sender, user, to_email_address, **kwargs):
    """Keep the fingerprint beside the e-mail it belongs to (allauth saves only the e-mail
    column).
    """
    User.objects.filter(pk=user.pk).update(
        email_canonical=email_fingerprint(to_email_address.email)
    )


def complete_profile(sender, email_address, **kwargs):
    """A verified e-mail may be the last thing a profile lacked, and the first a member told."""
    member = User.objects.get(pk=email_address.user_id)
    mark = email_fingerprint(member.email)
    if member.email_canonical != mark:
        User.objects.filter(pk=member.pk).update(email_canonical=mark)
        persons.recognise(member.pk, [mark])
    tell_when_complete(member)


def remember_wechat(sender, request, sociallogin, **kwargs):
    """Keep what WeChat told of a member who bound it, or was known by unionid or phone."""
    wechat.remember(sociallogin.user, wechat.told_by(sociallogin))
    audit.note(sociallogin.user, "accounts.bind_wechat", target=_row_of(sociallogin.user))


def note_unbound_wechat(sender, request, socialaccount, **kwargs):
    """Say in the audit log that a member unbound WeChat; the person is forgotten with the last."""
    member = socialaccount.user
    if not SocialAccount.objects.filter(user=member).exists():
        WeChatPerson.objects.filter(user=member).delete()
    audit.note(member, "accounts.unbind_wechat", target=_row_of(member))


def _row_of(member):
    return f"accounts.user:{member.pk}"


def end_sessions_by_password(sender, request, user, authenticator, **kwargs):
    """Sign everybody else out who came in before a second factor was asked for: only this session
    has shown it.
    """
    if authenticator.type in second_factor.KINDS:
        end_other_sessions(request, user)


def doubt_old_tokens(sender, user, **kwargs):
    """A new password ends every session of the old one, and so their access tokens."""
    tokens.doubt(user.pk)


def connect() -> None:
    """Hear what allauth says."""
    email_changed.connect(follow_email)
    email_confirmed.connect(complete_profile)
    authenticator_added.connect(end_sessions_by_password)
    social_account_added.connect(remember_wechat)
    social_account_removed.connect(note_unbound_wechat)
    for changed in (password_changed, password_reset, password_set):
        changed.connect(doubt_old_tokens)
    # allauth (65.21) looks at every session of the member before it notes the new one, so each
    # further device costs a sign-in two statements; note_device only notes it. The list is tidied
    # where it is shown, and once a day (accounts.sessions.forget_expired).
    user_logged_in.disconnect(on_user_logged_in)
    user_logged_in.connect(note_device)
    user_logged_out.connect(age_pages)
