"""What the sign-in page offers besides a password."""

from django import template

from accounts import sms

register = template.Library()


@register.simple_tag
def phone_is_offered() -> bool:
    """Return whether codes are sent to phones."""
    return sms.is_offered()
