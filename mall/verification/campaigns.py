"""Campaigns against the books: who was given something has it in the ledger, once and exactly, a
held-out member has nothing of it, and no budget gave more than was taken from it.

Read without a lock, a batch of members at a time; what does not fit is looked at again with the
campaign's row locked, under which gifts are written.
"""

from django.db.models import Sum

from mall.core import keyset
from mall.core.transactions import transactional
from mall.verification import turns
from mall.verification.finding import Finding
from marketing.models import Campaign, CampaignMember
from orders.models import Coupon
from points import budgets
from points.models import LedgerEntry

BATCH = 500


def verify_campaigns(*, full: bool = False) -> list[Finding]:
    """Compare the campaigns that began and are due."""
    found, begun = [], Campaign.objects.filter(begun_at__isnull=False)
    for campaign in turns.due(begun, "ended_at", full=full).order_by("pk"):
        if _compare(campaign):
            found += _compare_locked(campaign.pk)
    return found


@transactional
def _compare_locked(campaign_id) -> list[Finding]:
    return _compare(Campaign.objects.select_for_update().get(pk=campaign_id))


def _compare(campaign) -> list[Finding]:
    members = CampaignMember.objects.filter(campaign=campaign)
    found = []
    for batch in keyset.batches(members, BATCH):
        found += _of_members(campaign, batch)
    given = members.aggregate(points=Sum("points"), yuan=Sum("yuan"))
    budget = budgets.of(campaign.budget_code)
    taken = budget.taken if budget else 0
    if (given["points"] or 0) > taken:
        check = f"campaign {campaign.pk} gave more points than its budget lost"
        found.append(Finding(None, check, str(taken), str(given["points"])))
    if (given["yuan"] or 0) != campaign.spent_yuan:
        check = f"campaign {campaign.pk} gave other coupons in yuan than it counted"
        found.append(Finding(None, check, str(campaign.spent_yuan), str(given["yuan"])))
    return found


def _of_members(campaign, batch):
    ids = [row.user_id for row in batch]
    key = campaign.reference
    posted = LedgerEntry.objects.filter(account_id__in=ids, key=key)
    points = {entry.account_id: entry.worth for entry in posted}
    coupons = set(Coupon.objects.filter(user_id__in=ids, key=key).values_list("user_id", flat=True))
    for row in batch:
        if points.get(row.user_id, 0) != row.points:
            check = f"points of campaign {campaign.pk}"
            yield Finding(row.user_id, check, str(row.points), str(points.get(row.user_id, 0)))
        if (row.user_id in coupons) != (row.yuan > 0):
            check = f"coupon of campaign {campaign.pk}"
            yield Finding(row.user_id, check, str(row.yuan), str(row.user_id in coupons))
