"""What tiers give, in numbers and in words: the same on the tier's page, in the API and in the
notice of a rise.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.core.events import Question
from points import rules, tiers
from points.models import TierLevel
from points.models.tiers import PLAIN_PERCENT

BIRTHDAY = "birthday"
ICONS = {
    "earn_percent": "graph-up",
    "shields_a_month": "shield-check",
    "birthday_points": "cake",
    "early_access_minutes": "lightning-charge",
}
# (level,): what rooms above give to members of a tier and not to those below it, as list[Perk]
MORE = Question()


@dataclass(frozen=True, slots=True)
class Perk:
    """One thing a tier gives, in the reader's language; ``url`` leads to it, where it has a page.
    ``is_new``: the tier before it gives less.
    """

    text: str
    icon: str
    url: str = ""
    is_new: bool = False


def gift_of(tier: TierLevel) -> int:
    """Return a member's birthday gift in points: the tier's, but never less than the birthday rule
    says; 0 while no rule is in force.
    """
    version = rules.active(BIRTHDAY)
    return max(rules.worth(version), tier.birthday_points or 0) if version else 0


def gifts_of(user_ids: Collection[int]) -> dict[int, int]:
    """Return what each of some members gets on a birthday in the tier they have now."""
    levels = tiers.levels_of(user_ids)
    by_level = {level: gift_of(tiers.perks_of(level)) for level in {*levels.values(), 1}}
    return {user_id: by_level[levels.get(user_id, 1)] for user_id in user_ids}


def numbers_of(tier: TierLevel) -> dict[str, int]:
    """Return what a tier gives in numbers, under the names of its columns."""
    return {
        "earn_percent": tier.earn_percent,
        "shields_a_month": tier.shields_a_month,
        "birthday_points": gift_of(tier),
        "early_access_minutes": tier.early_access_minutes,
    }


def gained(below: int, level: int) -> dict[str, int]:
    """Return the numbers of a tier that are higher than those of another."""
    less = numbers_of(tiers.perks_of(below))
    return {
        name: number
        for name, number in numbers_of(tiers.perks_of(level)).items()
        if number > less[name]
    }


def of(tier: TierLevel, *, beside: int | None = None) -> list[Perk]:
    """Return what a tier gives, in words; ``beside`` names the tier whose perks are not new
    (default: the one below it).
    """
    news = gained(tier.level - 1 if beside is None else beside, tier.level)
    given = [
        Perk(said, ICONS[name], is_new=name in news)
        for name, said in in_words(numbers_of(tier)).items()
    ]
    return given + [perk for more in MORE.ask(tier.level) for perk in more]


def in_words(numbers: Mapping[str, int]) -> dict[str, str]:
    """Return numbers of a tier as phrases; what gives nothing has none."""
    said = {
        "earn_percent": _more_points(numbers.get("earn_percent", 0) - PLAIN_PERCENT),
        "shields_a_month": _shields(numbers.get("shields_a_month", 0)),
        "birthday_points": _gift(numbers.get("birthday_points", 0)),
        "early_access_minutes": _ahead(numbers.get("early_access_minutes", 0)),
    }
    return {name: phrase for name, phrase in said.items() if phrase}


def _more_points(percent):
    said = {"percent": f"{percent}%"}
    return _("%(percent)s more points on what you earn") % said if percent > 0 else ""


def _shields(number):
    words = ngettext(
        "%(n)s missed check-in a month does not end your streak",
        "%(n)s missed check-ins a month do not end your streak",
        number,
    )
    return words % {"n": number} if number else ""


def _gift(points):
    words = ngettext("%(n)s point on your birthday", "%(n)s points on your birthday", points)
    return words % {"n": points} if points else ""


def _ahead(minutes):
    words = ngettext(
        "Flash sales begin %(n)s minute earlier for you",
        "Flash sales begin %(n)s minutes earlier for you",
        minutes,
    )
    return words % {"n": minutes} if minutes else ""
