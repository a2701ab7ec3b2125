"""What a sign-up form shows to agree to."""

from django import template

from accounts import consent

register = template.Library()


@register.simple_tag
def consent_versions() -> str:
    """Return the versions of terms and privacy policy that are read now."""
    return str(consent.published())
