"""What a rule pays, in words: the same for members, operators and the statement."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from points.models import RuleVersion

ICONS = {
    "register": "gift",
    "login": "box-arrow-in-right",
    "checkin": "calendar-check",
    "checkin_milestone": "fire",
    "purchase": "bag-check",
    "first_order": "award",
    "repurchase": "arrow-repeat",
    "review": "star",
    "share": "share",
    "profile": "person-check",
    "birthday": "cake",
    "referral": "people",
    "mission": "flag",
}
# Where a member does it; pages of rooms above, so by address. Missions lead there, too.
PLACES = {
    "checkin": "/checkin/",
    "checkin_milestone": "/checkin/",
    "purchase": "/products/",
    "first_order": "/products/",
    "repurchase": "/products/",
    "review": "/reviews/",
    "share": "/share/",
    "profile": "/account/profile/",
    "birthday": "/account/profile/",
    "mission": "/missions/",
}


# Whose facts say an amount: the yuan that were paid (events of other systems in data.amount), or
# the points that were promised.
SAYS_YUAN, SAYS_POINTS, EVENT = ("purchase",), ("mission",), "event:"
SAYS_STEP = ("checkin", "checkin_milestone")


def can_say(action: str, value: str) -> bool:
    """Whether the facts of an action say what a rule of this value is counted by."""
    if value == RuleVersion.Value.PER_YUAN:
        return action in SAYS_YUAN or action.startswith(EVENT)
    if value == RuleVersion.Value.STEPS:
        return action in SAYS_STEP
    return value != RuleVersion.Value.GIVEN or action in SAYS_POINTS


def worth_of(version: RuleVersion) -> str:
    """Return what one award is worth, as a phrase."""
    if version.value == RuleVersion.Value.PER_YUAN:
        return ngettext(
            "%(points)s point per yuan", "%(points)s points per yuan", version.points
        ) % {"points": version.points}
    if version.value == RuleVersion.Value.TABLE:
        return _("%(table)s points, day by day") % {
            "table": " · ".join(str(points) for points in version.table)
        }
    if version.value == RuleVersion.Value.STEPS:
        steps = (_("%(step)s: %(points)s") % {"step": s, "points": p} for s, p in version.table)
        return _("%(steps)s points (step: points)") % {"steps": " · ".join(steps)}
    if version.value == RuleVersion.Value.GIVEN:
        return _("As many as it says")
    return ngettext("%(points)s point", "%(points)s points", version.points) % {
        "points": version.points
    }


def limit_of(version: RuleVersion) -> str:
    """Return how often it pays, as a phrase; the narrowest limit a member will notice."""
    if version.per_life == 1:
        return _("Once")
    if version.every_days:
        return _("Once in %(days)s days") % {"days": version.every_days}
    if version.per_day == 1:
        return _("Once a day")
    if version.per_day <= version.per_week / 7 or version.per_day < 10:
        return ngettext(
            "Up to %(times)s time a day", "Up to %(times)s times a day", version.per_day
        ) % {"times": version.per_day}
    if version.per_month <= 31:
        return ngettext(
            "Up to %(times)s time a month", "Up to %(times)s times a month", version.per_month
        ) % {"times": version.per_month}
    return ""


def waiting_of(version: RuleVersion) -> str:
    """Return how long the points are on the way, as a phrase; nothing when they arrive at once."""
    if not version.matures_after_days:
        return ""
    days = version.matures_after_days
    return ngettext(
        "Arrives %(days)s day after receipt", "Arrives %(days)s days after receipt", days
    ) % {"days": days}


def weekdays_of(version: RuleVersion) -> str:
    """Return on which weekdays it pays, as a phrase; nothing when on all."""
    names = [str(WEEKDAYS[day - 1]) for day in version.weekdays]
    return _("Only on %(days)s") % {"days": ", ".join(names)} if names else ""


def details_of(version: RuleVersion) -> list[str]:
    """Return the phrases beside what a rule is worth."""
    return [
        phrase
        for phrase in (limit_of(version), waiting_of(version), weekdays_of(version))
        if phrase
    ]


def icon_of(action: str) -> str:
    """Return the name of the picture beside an action."""
    return ICONS.get(action, "plus-lg")
