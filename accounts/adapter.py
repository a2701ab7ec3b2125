"""Where allauth's doors (pages and app API) meet our verbs."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Our answers to allauth's questions."""
