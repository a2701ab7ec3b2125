"""What orders of treated members earn more while a campaign runs: a rule of its own that multiplies
(points/rulebook.py), for the segment ``campaign:<id>``, within the campaign's window and budget.
"""

import re

from mall.core import clock
from marketing.models import Campaign
from points import budgets, rulebook
from points.models import Rule, RuleVersion
from points.models.rules import MULTIPLIER

MULTIPLIED = ["purchase"]
OF_CAMPAIGNS = re.compile(r"(?:rule:)?campaign[-:](\d{1,18})")


def open_rule(campaign: Campaign, *, actor) -> None:
    """Write the rule of a campaign that is being scheduled; one that multiplies nothing has none.
    Its budget stands already.
    """
    if not campaign.is_multiplying:
        return
    rule = Rule.objects.filter(code=campaign.rule_code).first() or Rule(code=campaign.rule_code)
    rule.action, rule.status = MULTIPLIER, Rule.Status.SCHEDULED
    rule.name_zh_hans, rule.name_en = campaign.name_zh_hans, campaign.name_en
    rule.name = campaign.name
    rule.starts_at, rule.ends_at = campaign.starts_at, campaign.ends_at
    rule.budget = budgets.of(campaign.budget_code)
    rule.save()
    rulebook.publish(
        rule,
        actor=f"staff:{actor.pk}",
        value=RuleVersion.Value.PERCENT,
        percent=campaign.earn_percent,
        actions=MULTIPLIED,
        segment=campaign.reference,
    )


def owner_of(code: str) -> str:
    """Return the campaign that a rule or a budget belongs to, in words; empty for none."""
    named = OF_CAMPAIGNS.fullmatch(code)
    campaign = Campaign.objects.filter(pk=named[1]).first() if named else None
    return str(campaign or "")


def turn_rule(campaign: Campaign, *, is_on: bool) -> None:
    """Pause a campaign's rule, or let it go on; one that ended with an earlier draft stays so."""
    if campaign.is_multiplying:
        _turn(campaign, Rule.Status.SCHEDULED if is_on else Rule.Status.PAUSED)


def close_rule(campaign: Campaign) -> None:
    """End a campaign's rule: what happened before still counts as it did."""
    _turn(campaign, Rule.Status.ENDED)


def _turn(campaign, status) -> None:
    rule = Rule.objects.filter(code=campaign.rule_code).first()
    if rule is not None and rule.status != status:
        rule.status = status
        if status == Rule.Status.ENDED and rule.starts_at and rule.starts_at < clock.now():
            rule.ends_at = min(rule.ends_at or clock.now(), clock.now())
        rule.save()
