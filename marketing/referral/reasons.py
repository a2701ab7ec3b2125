"""Why an invitation is held or does not count, in words a member reads."""

from django.utils.translation import gettext as _

# By Referral.Reason. Written so that gettext finds them and every
# reader gets their own.
WORDS = {
    "known": lambda: _("Does not count: they were a member before."),
    "month": lambda: _("Does not count: as many as a month has were paid in that month."),
    "closed": lambda: _("Does not count: an account was deleted."),
    "no_rule": lambda: _("Does not count: invitations were not rewarded at that time."),
    "refused": lambda: _("Does not count: a colleague of ours looked at it and decided so."),
    "ring": lambda: _(
        "A colleague looks at it first: a device, network, delivery address or payment is the "
        "same as of another account."
    ),
    "budget": lambda: _("A colleague looks at it first: our budget for invitations is used."),
}


def why(reason: str) -> str:
    """Return the sentence of a reason; "" for none, or one of a newer release."""
    return WORDS[reason]() if reason in WORDS else ""
