"""Groups of members an operator can name: each is a query of member ids, told apart by a code.

A room above adds what it knows of members with ``register`` (marketing/campaigns/segments.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from mall.core import pasted

MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Segment:
    """A group: ``members(numbers)`` returns its members; ``asks`` are the numbers it needs, and
    ``fields`` make the form fields of those the form does not know ({ask: field()}).
    """

    code: str
    label: str
    members: Callable
    asks: tuple = ()
    fields: dict[str, Callable] = field(default_factory=dict)

    def ids(self, numbers: dict):
        """Return the query of the ids of its members who can still sign in, in ascending order."""
        return (
            self.members(numbers).filter(is_active=True).order_by("pk").values_list("pk", flat=True)
        )


REGISTRY: dict[str, Segment] = {}


def register(segment: Segment) -> None:
    """Offer a segment to operators; the same code again replaces it."""
    REGISTRY[segment.code] = segment


def known() -> dict[str, Segment]:
    """Return all segments by code, in the order they are offered."""
    return {**REGISTRY, **{segment.code: segment for segment in OWN}}


def get(code: str) -> Segment:
    """Return the segment of a code. Raises: KeyError."""
    return known()[code]


def choices() -> list:
    """Return (code, label) of all segments."""
    return [(segment.code, segment.label) for segment in known().values()]


def read_names(text: str) -> tuple[list[str], list[str]]:
    """Return the usernames of a pasted list, and those nobody has; separated by anything but
    letters, digits and ``@.+-_``.
    """
    wanted = list(
        dict.fromkeys(
            "".join(
                sign if sign.isalnum() or sign in "@.+-_" else " " for sign in pasted.name(text)
            ).split()
        )
    )
    known = set(
        _members().filter(username__in=wanted[:MOST_NAMES]).values_list("username", flat=True)
    )
    return [name for name in wanted if name in known], [
        name for name in wanted if name not in known
    ]


def _members():
    return get_user_model()._default_manager.all()


def _everybody(numbers):
    return _members()


def _named(numbers):
    return _members().filter(username__in=numbers["names"])


# offered behind those of the rooms above
OWN = (
    Segment("all", _("All members"), _everybody),
    Segment("names", _("These usernames"), _named, asks=("names",)),
)
