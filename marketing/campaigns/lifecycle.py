"""The life of a campaign: draft, scheduled, running, paused, ended.

The old state stands in every UPDATE's filter, so of two at the same moment one is refused. What a
scheduled campaign gives and how it is measured stays; only its budget may grow.
"""

from decimal import Decimal

from mall.core import audit, clock
from mall.core.transactions import transactional
from marketing.campaigns import multiplier, planning
from marketing.campaigns.errors import (
    BudgetTooSmall,
    CampaignFixed,
    CampaignMoved,
    CampaignNotReady,
)
from marketing.models import Campaign
from points import budgets

DRAFT, SCHEDULED, RUNNING, PAUSED, ENDED = (
    Campaign.Status.DRAFT,
    Campaign.Status.SCHEDULED,
    Campaign.Status.RUNNING,
    Campaign.Status.PAUSED,
    Campaign.Status.ENDED,
)
NOTED = ("points", "coupon_id", "earn_percent", "budget_points", "holdout_percent", "goal")


@transactional
def keep(campaign: Campaign, *, actor) -> Campaign:
    """Keep a draft, new or changed, and note it. Raises: CampaignFixed."""
    if campaign.pk is None:
        campaign.created_by = f"staff:{actor.pk}"
    elif not Campaign.objects.select_for_update().filter(pk=campaign.pk, status=DRAFT).exists():
        raise CampaignFixed
    campaign.save()
    after = {name: getattr(campaign, name) for name in NOTED}
    audit.note(actor, "campaigns.keep", target=campaign, after=after)
    return campaign


@transactional
def schedule(campaign: Campaign, *, actor) -> Campaign:
    """Fix a draft: its conditions are the segment's of now, its budget is opened, and at
    ``starts_at`` the sweep begins it. Raises: CampaignNotReady, CampaignMoved.
    """
    campaign = _locked(campaign, DRAFT)
    wrong = planning.lacking(campaign)
    if wrong:
        field, words = next(iter(wrong.items()))
        raise CampaignNotReady(words, field=field)
    campaign.conditions = campaign.segment.conditions
    if campaign.budget_points:
        budgets.set_up(campaign.budget_code, campaign.budget_points, actor=actor)
    multiplier.open_rule(campaign, actor=actor)
    campaign.save(update_fields=["conditions"])
    return _turn(campaign, SCHEDULED, actor)


@transactional
def withdraw(campaign: Campaign, *, actor) -> Campaign:
    """Make a scheduled campaign a draft again, before anybody was drawn. Raises: CampaignMoved."""
    campaign = _locked(campaign, SCHEDULED)
    multiplier.close_rule(campaign)
    return _turn(campaign, DRAFT, actor, conditions={})  # the segment's count again


@transactional
def pause(campaign: Campaign, *, actor) -> Campaign:
    """Give nothing more for now. Raises: CampaignMoved."""
    campaign = _locked(campaign, RUNNING)
    multiplier.turn_rule(campaign, is_on=False)
    return _turn(campaign, PAUSED, actor, paused_for=Campaign.Pause.OPERATOR)


@transactional
def resume(campaign: Campaign, *, actor) -> Campaign:
    """Go on with a paused campaign; one whose budget is used up pauses again at once.

    Raises: CampaignMoved.
    """
    campaign = _locked(campaign, PAUSED)
    multiplier.turn_rule(campaign, is_on=True)
    return _turn(campaign, RUNNING, actor)


@transactional
def end(campaign: Campaign, *, actor) -> Campaign:
    """End a campaign before its time; its figures are read so many days after its last draw.

    Raises: CampaignMoved.
    """
    campaign = _locked(campaign, SCHEDULED, RUNNING, PAUSED)
    multiplier.close_rule(campaign)
    return _turn(campaign, ENDED, actor, ended_at=clock.now())


@transactional
def raise_budget(campaign: Campaign, *, points: int, yuan: Decimal, actor) -> Campaign:
    """Make the budgets of a campaign larger; does not resume it.

    Raises: BudgetTooSmall, CampaignMoved.
    """
    campaign = _locked(campaign, SCHEDULED, RUNNING, PAUSED)
    before = {"points": campaign.budget_points, "yuan": campaign.budget_yuan}
    if points < campaign.budget_points or yuan < campaign.budget_yuan:
        raise BudgetTooSmall(points=f"{before['points']:,}", yuan=before["yuan"])
    campaign.budget_points, campaign.budget_yuan = points, yuan
    campaign.save(update_fields=["budget_points", "budget_yuan"])
    if points:
        budgets.set_up(campaign.budget_code, points, actor=actor)
    after = {"points": points, "yuan": yuan}
    audit.note(actor, "campaigns.raise_budget", target=campaign, before=before, after=after)
    return campaign


# --- by the clock ----------------------------------------------------------------
def begin_due() -> int:
    """Begin the campaigns whose time has come; returns how many."""
    due = Campaign.objects.filter(status=SCHEDULED, starts_at__lte=clock.now())
    return due.update(status=RUNNING, begun_at=clock.now())


def end_due() -> int:
    """End the campaigns whose time is over; returns how many."""
    over = Campaign.objects.filter(
        status__in=(SCHEDULED, RUNNING, PAUSED), ends_at__lte=clock.now()
    )
    return sum(_end_over(pk) for pk in over.values_list("pk", flat=True))


@transactional
def _end_over(pk) -> bool:
    campaign = Campaign.objects.select_for_update().get(pk=pk)
    if campaign.status not in (SCHEDULED, RUNNING, PAUSED) or campaign.ends_at > clock.now():
        return False
    multiplier.close_rule(campaign)
    _turn(campaign, ENDED, None, ended_at=campaign.ends_at)
    return True


def pause_for_budget(campaign: Campaign) -> None:
    """Pause a campaign that the caller has locked: its budget is used up."""
    multiplier.turn_rule(campaign, is_on=False)
    _turn(campaign, PAUSED, None, paused_for=Campaign.Pause.BUDGET)


def _locked(campaign, *wanted) -> Campaign:
    """Return a campaign, locked, in one of the wanted states. Raises: CampaignMoved."""
    found = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if found.status not in wanted:
        raise CampaignMoved(status=found.get_status_display())
    return found


def _turn(campaign, status, actor, **more) -> Campaign:
    before = campaign.status
    changes = {"status": status, "paused_for": "", **more}
    for name, value in changes.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(changes))
    audit.note(
        actor,
        "campaigns.turn",
        target=campaign,
        before={"status": before},
        after={"status": status, "paused_for": campaign.paused_for},
    )
    return campaign
