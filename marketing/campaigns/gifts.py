"""What treated members get: a batch is one transaction under the campaign's row, so two sweeps
never give the same, and one that dies is carried on where it stopped.

Once per member: by the row of their arm, and by the key ``campaign:<id>`` in the ledger, among
their coupons and their notices. Lock order: the campaign, the members' accounts, the coupon's
template, the budget. Never for a held-out member: only rows of treated ones are read.
"""

from django.db.models import F

from mall.core import audit, clock
from mall.core.languages import names_of
from mall.core.transactions import transactional
from marketing.campaigns import lifecycle
from marketing.campaigns.planning import most_off
from marketing.models import Campaign, CampaignMember, Notification
from marketing.notices.inbox import Kind, notify_many
from orders.coupons.wallet import expiry_of
from orders.models import Coupon, CouponTemplate
from points import budgets, ledger, machine, rules, validity
from points.models import Budget, PointAccount
from points.models.budgets import WARN_PERCENT
from points.postings import as_text

BATCH = 500
RULE = "campaign"
EARNING = (PointAccount.Status.ACTIVE, PointAccount.Status.SAVING)
WAITING, GIVEN, REFUSED = (
    CampaignMember.State.WAITING,
    CampaignMember.State.GIVEN,
    CampaignMember.State.REFUSED,
)


@transactional
def give_batch(campaign_id: int) -> int | None:
    """Give the next BATCH treated members what is planned; returns how many got it, None when
    nobody waits or the campaign does not run.
    """
    # Two sweeps may stand here; the second waits for the first's batch and goes on behind it.
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.status != Campaign.Status.RUNNING or campaign.ends_at <= clock.now():
        return None
    waiting = CampaignMember.objects.filter(campaign=campaign, state=WAITING).order_by("pk")
    batch = list(waiting.annotate(is_active=F("user__is_active"))[:BATCH])
    if not batch:
        return None
    able = _able(campaign, batch)
    template = _template(campaign)
    room, has_more = _room(campaign, template, len(able))
    receivers = able[:room]
    if receivers:
        _post(campaign, receivers)
        _hand(campaign, template, receivers)
        _tell(campaign, receivers)
    if not has_more:
        lifecycle.pause_for_budget(campaign)
    return len(receivers)


def _able(campaign, batch) -> list[CampaignMember]:
    """Return who can be given something, and put down why the others cannot."""
    accounts = ledger.open_all(row.user_id for row in batch) if campaign.points else {}
    able, refused = [], {"left": [], "account_paused": []}
    for row in batch:
        account = accounts.get(row.user_id)
        can_earn = account is not None and account.row.status in EARNING
        if not row.is_active:
            refused["left"].append(row.pk)
        elif campaign.points and not can_earn:
            refused["account_paused"].append(row.pk)
        else:
            able.append(row)
    for why, ids in refused.items():
        if ids:
            CampaignMember.objects.filter(pk__in=ids).update(state=REFUSED, refusal=why)
    return able


def _template(campaign) -> CouponTemplate | None:
    if campaign.coupon_id is None:
        return None
    return CouponTemplate.objects.select_for_update().get(pk=campaign.coupon_id)


def _room(campaign, template, wanted) -> tuple[int, bool]:
    """Return for how many of the wanted members the budgets suffice, taken from them, and whether
    one more would fit after that.
    """
    rooms = []
    if template is not None:
        left = template.total - template.issued if template.total else wanted + 1
        rooms.append(left if template.is_open(clock.now()) else 0)
        rooms.append(int((campaign.budget_yuan - campaign.spent_yuan) / most_off(template)))
    if campaign.points:
        # What orders earn besides is taken from it at the same moment.
        budget = Budget.objects.select_for_update().get(code=campaign.budget_code)
        rooms.append(0 if budget.paused_at else budget.left // campaign.points)
    room = max(0, min([wanted, *rooms]))
    if room and campaign.points:
        budgets.take(campaign.budget_code, room * campaign.points)
    return room, all(one > room for one in rooms)


def _post(campaign, receivers) -> None:
    """Credit the points, and put down for everybody that they were given."""
    if campaign.points:
        expires_on = as_text(validity.standard(clock.today()))
        command = machine.Accrue(campaign.points, expires_on, RULE)
        said = {"key": campaign.reference, "reference": campaign.reference, "rule": RULE}
        entries = ledger.post_many(
            [ledger.Posting(row.user_id, command, **said) for row in receivers]
        )
        rules.note_new(entry for entry in entries if entry.is_new)
    CampaignMember.objects.filter(pk__in=[row.pk for row in receivers]).update(
        state=GIVEN,
        given_at=clock.now(),
        points=campaign.points,
        yuan=most_off(campaign.coupon),
    )


def _hand(campaign, template, receivers) -> None:
    """Hand out the coupons, counted against the template and the budget in yuan."""
    if template is None:
        return
    now = clock.now()
    words = {"template": template, "key": campaign.reference, "granted_at": now}
    words |= {"source": Coupon.Source.GIVEN, "expires_at": expiry_of(template, now)}
    Coupon.objects.bulk_create(Coupon(user_id=row.user_id, **words) for row in receivers)
    number, before = len(receivers), campaign.spent_yuan
    CouponTemplate.objects.filter(pk=template.pk).update(issued=F("issued") + number)
    campaign.spent_yuan += number * most_off(template)
    campaign.save(update_fields=["spent_yuan"])
    warn_at = campaign.budget_yuan * WARN_PERCENT / 100
    if before < warn_at <= campaign.spent_yuan:
        after = {"spent": campaign.spent_yuan, "budget": campaign.budget_yuan}
        audit.note(None, "campaigns.budget_nearly_out", target=campaign, after=after)


def _tell(campaign, receivers) -> None:
    """Tell them, with the reason; what a member does not want to hear of is left out there."""
    if not campaign.title:
        return
    params = {name: names_of(campaign, name) for name in ("title", "text", "reason")}
    words = {"kind": Kind.CAMPAIGN, "key": campaign.reference, "url": campaign.link}
    notify_many([Notification(user_id=row.user_id, params=params, **words) for row in receivers])
