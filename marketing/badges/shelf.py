"""The badges a member has, and those there are to earn. Reads only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from marketing.badges.words import BADGES, Words, words_of
from marketing.models import MemberBadge


@dataclass(frozen=True, slots=True)
class Place:
    """One badge on a member's shelf; ``earned_on`` is None where it is still to be earned."""

    code: str
    words: Words
    earned_on: date | None

    @property
    def is_earned(self) -> bool:
        return self.earned_on is not None


def of(user) -> list[Place]:
    """Return every badge there is, in their order, with the day a member earned it."""
    earned = dict(MemberBadge.objects.filter(user=user).values_list("code", "earned_on"))
    codes = [*BADGES, *(code for code in earned if code not in BADGES)]
    return [Place(code, words_of(code), earned.get(code)) for code in codes]


def of_all(user_ids) -> dict[int, list[Words]]:
    """Return the badges of some members, in their order; one query."""
    owned = defaultdict(set)
    for user_id, code in MemberBadge.objects.filter(user__in=user_ids).values_list("user", "code"):
        owned[user_id].add(code)
    return {
        user_id: [words for code, words in BADGES.items() if code in codes]
        for user_id, codes in owned.items()
    }
