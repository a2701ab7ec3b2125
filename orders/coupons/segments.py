"""Groups of members an operator can name: each is a query of member ids, told apart by a code.

A room above that knows more (who checks in, who invited whom) adds its own with ``register``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from mall.core import clock, pasted
from orders.models import Order
from points.models import MemberTier

MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Segment:
    """A group: ``members(numbers)`` returns its members; ``asks`` are the numbers it needs, with
    their defaults.
    """

    code: str
    label: str
    members: Callable
    asks: tuple = ()

    def ids(self, numbers: dict):
        """Return the query of the ids of its members who can still sign in, in ascending order."""
        return (
            self.members(numbers).filter(is_active=True).order_by("pk").values_list("pk", flat=True)
        )


REGISTRY: dict[str, Segment] = {}


def register(segment: Segment) -> None:
    """Offer a segment to operators; the same code again replaces it."""
    REGISTRY[segment.code] = segment


def get(code: str) -> Segment:
    """Return the segment of a code. Raises: KeyError."""
    return REGISTRY[code]


def choices() -> list:
    """Return (code, label) of all segments, in the order they were registered."""
    return [(segment.code, segment.label) for segment in REGISTRY.values()]


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


def _high_points(numbers):
    # What was earned, spent or expired since or not; points that were only reserved and returned
    # are no merit.
    rich = MemberTier.objects.filter(pk=OuterRef("pk"), earned__gte=numbers["points"])
    return _members().filter(Exists(rich))


def _from_tier(numbers):
    above = MemberTier.objects.filter(pk=OuterRef("pk"), level__gte=numbers["tier"])
    return _members().filter(Exists(above)) if numbers["tier"] > 1 else _members()


def _new(numbers):
    return _members().filter(date_joined__gte=clock.now() - timedelta(days=numbers["days"]))


def _lapsed(numbers):
    since = clock.now() - timedelta(days=numbers["days"])
    lately = Order.objects.filter(user=OuterRef("pk"), created_at__gte=since).exclude(
        status=Order.Status.CANCELLED
    )
    return _members().filter(~Exists(lately), date_joined__lt=since)


def _named(numbers):
    return _members().filter(username__in=numbers["names"])


for _segment in (
    Segment("high_points", _("Members with high lifetime points"), _high_points, asks=("points",)),
    Segment("tier", _("Members from a tier on"), _from_tier, asks=("tier",)),
    Segment("new", _("New members"), _new, asks=("days",)),
    Segment("lapsed", _("Lapsed members: no order for a while"), _lapsed, asks=("days",)),
    Segment("all", _("All members"), _everybody),
    Segment("names", _("These usernames"), _named, asks=("names",)),
):
    register(_segment)
