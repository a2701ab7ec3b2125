"""What a sign-up page says to who was invited."""

from django import template

from marketing.referral import board, invitations

register = template.Library()


@register.simple_tag(takes_context=True)
def invited_gift(context) -> board.Terms | None:
    """Return what an invitation brings where this browser remembers one, else None."""
    request = context.get("request")
    if request is None or invitations.remembered(request) is None:
        return None
    return board.terms()
