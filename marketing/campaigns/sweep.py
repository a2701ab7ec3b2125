"""What the clock does with campaigns, a batch a transaction: begin them, draw arms, give, end them,
read their figures. Harmless when run twice or by several at once.

A member's arm is drawn and committed before anything is given, and whoever enters the segment later
is drawn on entry: the segment is looked through anew every LOOK_MINUTES.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from mall.core import clock
from mall.core.transactions import transactional
from marketing.campaigns import gifts, lifecycle, readings, segments
from marketing.campaigns.assignment import is_held_out
from marketing.models import Campaign, CampaignMember
from points import budgets

BATCH = 2000
LOOK_MINUTES = 60


def carry_on() -> dict:
    """Do what is due; returns how many were drawn, given something and read."""
    lifecycle.begin_due()
    done = {"drawn": 0, "given": 0}
    running = Campaign.objects.filter(status=Campaign.Status.RUNNING).order_by("pk")
    for pk in running.values_list("pk", flat=True):
        _follow_budget(pk)
        done["drawn"] += _all_of(draw_batch, pk)
        done["given"] += _all_of(gifts.give_batch, pk)
    lifecycle.end_due()
    return {**done, "read": readings.read_due()}


def _all_of(verb, pk) -> int:
    total = 0
    while (number := verb(pk)) is not None:
        total += number
    return total


@transactional
def draw_batch(campaign_id: int) -> int | None:
    """Draw the arms of the next BATCH members of the segment; returns how many, None when it has
    been looked through for now.
    """
    # Two sweeps may stand here; the second waits for the first's batch and goes on behind it.
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    now = clock.now()
    is_running = campaign.status == Campaign.Status.RUNNING and now < campaign.ends_at
    if not is_running or (campaign.look_at and now < campaign.look_at):
        return None
    drawn = CampaignMember.objects.filter(campaign=campaign, user=OuterRef("pk"))
    found = segments.members(campaign.conditions).filter(~Exists(drawn), pk__gt=campaign.looked_to)
    batch = list(found.order_by("pk").values_list("pk", flat=True)[:BATCH])
    CampaignMember.objects.bulk_create(
        [_arm(campaign, user_id, now) for user_id in batch], batch_size=500
    )
    is_through = len(batch) < BATCH
    campaign.looked_to = 0 if is_through else batch[-1]
    campaign.look_at = now + timedelta(minutes=LOOK_MINUTES) if is_through else None
    campaign.save(update_fields=["looked_to", "look_at"])
    return len(batch)


def _arm(campaign, user_id, now) -> CampaignMember:
    held_out = is_held_out(campaign.secret, user_id, campaign.holdout_percent)
    state = CampaignMember.State.HELD_OUT if held_out else CampaignMember.State.WAITING
    return CampaignMember(
        campaign=campaign,
        user_id=user_id,
        is_treated=not held_out,
        state=state,
        on=clock.day_of(now),
        assigned_at=now,
    )


@transactional
def _follow_budget(campaign_id) -> None:
    """Pause a campaign whose budget what orders earn besides has used up."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    budget = budgets.of(campaign.budget_code) if campaign.budget_points else None
    is_out = budget is not None and (budget.paused_at is not None or not budget.left)
    if campaign.status == Campaign.Status.RUNNING and is_out:
        lifecycle.pause_for_budget(campaign)
