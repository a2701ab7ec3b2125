"""Rules and budgets that belong to something in a room above, such as a campaign: it is changed
there, where what it promised is kept, and nowhere else.
"""

from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError
from mall.core.events import Question

# (code of a rule or a budget,): what that belongs to, in words; nothing where it is its own
OWNER = Question()


class BelongsElsewhere(DomainError):
    """A rule or a budget is changed where it came from."""

    code = "belongs_elsewhere"
    status = 409
    message = _("This belongs to “%(owner)s”: change it there.")


def owner_of(code: str) -> str:
    """Return what a rule or a budget belongs to, in words; empty for one of its own."""
    return next(filter(None, OWNER.ask(code)), "")


def check(code: str) -> None:
    """Refuse to change what belongs to something else. Raises: BelongsElsewhere."""
    if owner := owner_of(code):
        raise BelongsElsewhere(owner=owner)
