"""How a rule is written down: what its numbers must say, and the one verb behind admin and API.

Saving other numbers adds a version; entries of the old one keep naming it.
Source: docs/product.md "points", Rules; docs/decisions/0100-rules-an-operator-can-say.md.
"""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from mall.core import audit
from mall.core.transactions import transactional
from mall.core.versions import check_read, mark_of
from points import budgets, owning, rule_tables, rule_wording, rulebook
from points.models import LEVELS, Budget, Rule, RuleVersion
from points.models.rules import MULTIPLIER
from points.models.tiers import PLAIN_PERCENT

Value = RuleVersion.Value
NO_TABLE = _("Please write whole numbers with commas between them.")
NO_STEPS = _("Please write each step once, with its points: 14: 100, 30: 200.")


def action_of(action: str, value: str) -> str:
    """Return the action of a new rule: one that multiplies answers no fact of its own."""
    return MULTIPLIER if value == Value.PERCENT else action


def lacking(numbers: Mapping, *, action: str) -> dict:
    """Return what is wrong with the numbers of a rule, by field: it must be worth something, of
    what its action tells, and for somebody. What is not among the numbers was refused before.
    """
    value, wrong = numbers.get("value"), {}
    table = numbers.get("table")
    if value == Value.TABLE and table == []:
        wrong["table"] = _("A rule by table needs a table.")
    elif table is not None and (problem := _wrong_steps(value, table)):
        wrong["table"] = problem
    if value in (Value.FIXED, Value.PER_YUAN) and not numbers.get("points"):
        wrong["points"] = _("How many points is it worth?")
    if value == Value.PERCENT and (numbers.get("percent") or 0) <= PLAIN_PERCENT:
        wrong["percent"] = _("More than 100: 200 doubles what others pay.")
    if value and value != Value.PERCENT and numbers.get("actions"):
        wrong["actions"] = _("Only a rule that multiplies others does this.")
    if numbers.get("validity") == RuleVersion.Validity.DAYS and not numbers.get("validity_days"):
        wrong["validity_days"] = _("For how many days?")
    if (numbers.get("tier_from") or 1) > (numbers.get("tier_to") or LEVELS):
        wrong["tier_to"] = _("The last tier lies below the first.")
    told = numbers.get("actions") or [action]
    if numbers.get("categories") and not any(map(rule_wording.says_goods, told)):
        wrong["categories"] = _("What it is paid for says nothing of goods: it would never pay.")
    if numbers.get("amount_min") and not any(map(rule_wording.says_yuan, told)):
        wrong["amount_min"] = _("What it is paid for says nothing of yuan: it would never pay.")
    if value and not action:
        wrong["action"] = _("What is it paid for?")
    elif value and not rule_wording.can_say(action, value):
        wrong["value"] = _("What this action tells cannot be counted that way.")
    return wrong


def wrong_window(starts_at: datetime | None, ends_at: datetime | None):
    """Return what is wrong with the time a rule is in force, or None; it stands beside
    ``ends_at``.
    """
    if starts_at and ends_at and starts_at >= ends_at:
        return _("The end lies before the beginning.")
    return None


def _wrong_steps(value, table):
    """A rule by certain steps names them, and no other does."""
    names_steps = bool(table) and all(map(rule_tables.is_pair, table))
    if value == Value.STEPS and not names_steps:
        return NO_STEPS
    return NO_TABLE if value != Value.STEPS and names_steps else None


def mark(rule: Rule) -> str:
    """Return the mark of a rule as somebody read it: the row, its newest version, its budget."""
    newest, budget = rule.versions.first(), rule.budget
    return mark_of(rule, newest and newest.number, budget and (budget.points_max, budget.per))


@transactional
def keep(
    rule: Rule,
    numbers: dict,
    *,
    budget_points: int | None,
    budget_per: str = Budget.Per.TOTAL,
    actor,
    read: str | None = None,
) -> RuleVersion:
    """Keep a rule as an operator wrote it, with its numbers and its budget in points (None: it has
    none); returns the version in force from now on. ``read`` is the ``mark`` of what was read
    before, where the door has one. Raises: ChangedMeanwhile, BudgetBelowTaken, BudgetHasBegun,
    BelongsElsewhere.
    """
    owning.check(rule.code)
    is_new = rule.pk is None
    if not is_new and read is not None:
        check_read(read, mark(Rule.objects.select_for_update().get(pk=rule.pk)))
    rule.save()
    before = rulebook.numbers_of(rule.versions.first())
    version = rulebook.publish(rule, actor=f"staff:{actor.pk}", **numbers)
    _set_budget(rule, budget_points, budget_per, actor)
    deed = "points.rule_add" if is_new else "points.rule_change"
    after = {**rulebook.numbers_of(version), "status": rule.status}
    audit.note(actor, deed, target=rule, before=before, after=after)
    return version


def _set_budget(rule, points_max, per, actor):
    budget = None
    if points_max:
        budget = budgets.set_up(rulebook.budget_code(rule), points_max, per=per, actor=actor)
    if rule.budget != budget:
        rule.budget = budget
        rule.save(update_fields=["budget"])
