"""What a rule pays, in words: the same for members, operators and the statement."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from points import formula, rulebook
from points.conditions import CATEGORIES
from points.models import LEVELS, RuleVersion
from points.models.rules import MULTIPLIER

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
    "referred": "person-plus",
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
    "referral": "/referral/",
    "profile": "/account/profile/",
    "birthday": "/account/profile/",
    "mission": "/missions/",
}


# Whose facts say an amount: the yuan that were paid (events of other systems in data.amount), or
# the points that were promised.
SAYS_YUAN, SAYS_POINTS, EVENT = ("purchase",), ("mission",), "event:"
SAYS_STEP = ("checkin", "checkin_milestone")
# Whose facts say what was paid in yuan, and for which goods: what a rule may ask of them.
OF_ORDERS = ("purchase", "first_order", "repurchase")
OF_GOODS = (*OF_ORDERS, "review")


def can_say(action: str, value: str) -> bool:
    """Whether the facts of an action say what a rule of this value is counted by."""
    if (value == RuleVersion.Value.PERCENT) != (action == MULTIPLIER):
        return False
    if value == RuleVersion.Value.PER_YUAN:
        return action in SAYS_YUAN or action.startswith(EVENT)
    if value == RuleVersion.Value.STEPS:
        return action in SAYS_STEP
    return value != RuleVersion.Value.GIVEN or action in SAYS_POINTS


def says_yuan(action: str) -> bool:
    """Whether the facts of an action say yuan; what multiplies anything may meet some that do."""
    return action in (*OF_ORDERS, MULTIPLIER) or action.startswith(EVENT)


def says_goods(action: str) -> bool:
    """Whether the facts of an action say of which goods they are, as ``says_yuan``."""
    return action in (*OF_GOODS, MULTIPLIER)


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
    if version.value == RuleVersion.Value.PERCENT:
        return _("× %(times)s") % {"times": formula.times(version.percent)}
    return ngettext("%(points)s point", "%(points)s points", version.points) % {
        "points": version.points
    }


def limit_of(version: RuleVersion) -> str:
    """Return how often it pays, as a phrase; the narrowest limit a member will notice."""
    if version.value == RuleVersion.Value.PERCENT:
        return ""  # it pays as often as the rules it multiplies
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


def actions_of(version: RuleVersion) -> str:
    """Return which rules a multiplier multiplies, as a phrase; nothing for one that multiplies all,
    and for a rule that pays itself.
    """
    if not version.actions:
        return ""
    names = {one.rule.action: one.rule.name for one in reversed(rulebook.in_force())}
    said = [str(names.get(action, action)) for action in version.actions]
    return _("For: %(rules)s") % {"rules": ", ".join(said)}


def conditions_of(version: RuleVersion) -> list[str]:
    """Return what it asks for besides the weekday, as phrases."""
    said = [_tiers(version), _categories(version)]
    if version.amount_min:
        said.append(_("From ¥%(yuan)s on") % {"yuan": version.amount_min})
    if version.first_time:
        said.append(_("The first time only"))
    if version.segment:  # what it is called is the shop's own affair
        said.append(_("For chosen members"))
    return [phrase for phrase in said if phrase]


def _tiers(version) -> str:
    first, last = version.tier_from, version.tier_to
    if not rulebook.asks_for_tier(version):
        return ""
    if last == LEVELS:
        return _("For members from V%(first)s on") % {"first": first}
    if first == last:
        return _("For members of V%(first)s") % {"first": first}
    return _("For members from V%(first)s to V%(last)s") % {"first": first, "last": last}


def _categories(version) -> str:
    if not version.categories:
        return ""
    names = dict(one for answer in CATEGORIES.ask() for one in answer)
    said = [str(names.get(pk, pk)) for pk in version.categories]
    return _("For goods in %(categories)s") % {"categories": ", ".join(said)}


def details_of(version: RuleVersion) -> list[str]:
    """Return the phrases beside what a rule is worth."""
    said = [actions_of(version), limit_of(version), waiting_of(version), weekdays_of(version)]
    return [phrase for phrase in (*said, *conditions_of(version)) if phrase]


def sentence_of(version: RuleVersion) -> str:
    """Return a rule as one sentence that an operator can read aloud."""
    rule, is_multiplier = version.rule, version.value == RuleVersion.Value.PERCENT
    said = details_of(version)
    if version.segment:
        said.append(_("Segment: %(segment)s") % {"segment": version.segment})
    if is_multiplier:
        if not version.actions:
            said.insert(0, _("For everything the tier multiplies, too"))
        said.append(
            _("Together with other multipliers that may be")
            if version.stackable
            else _("On its own: the smaller priority decides")
        )
    elif version.is_multiplied:
        said.append(_("Times what the member's tier earns"))
    if rule.budget is not None:
        said.append(_budget(rule.budget))
    return _("%(name)s: %(worth)s. %(conditions)s.") % {
        "name": rule.name,
        "worth": worth_of(version),
        "conditions": _("; ").join(said),
    }


def _budget(budget) -> str:
    said = {"most": budget.points_max, "taken": budget.taken}
    if budget.per == budget.Per.MONTH:
        return _("At most %(most)s points a month, %(taken)s taken") % said
    return _("At most %(most)s points in all, %(taken)s taken") % said


def icon_of(action: str) -> str:
    """Return the name of the picture beside an action."""
    return ICONS.get(action, "plus-lg")
