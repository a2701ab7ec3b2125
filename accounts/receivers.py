"""What accounts does when allauth says something changed."""

from allauth.account.signals import email_changed, email_confirmed
from django.dispatch import receiver

from accounts.models import User
from accounts.privacy import email_fingerprint
from accounts.profile import tell_when_complete


@receiver(email_changed)
def follow_email(sender, user, to_email_address, **kwargs):
    """Keep the fingerprint beside the e-mail it belongs to (allauth saves only the e-mail column)."""
    User.objects.filter(pk=user.pk).update(email_canonical=email_fingerprint(to_email_address.email))


@receiver(email_confirmed)
def complete_profile(sender, email_address, **kwargs):
    """A verified e-mail may be the last thing a profile lacked."""
    tell_when_complete(User.objects.get(pk=email_address.user_id))
