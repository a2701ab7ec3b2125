"""The figures of a campaign, each read once, on a day that was fixed before it began: so many days
after its last member was drawn. What a page shows of an outcome is such a reading and nothing else,
so nobody can stop at a lucky moment. Source: docs/decisions/0103-one-look-a-figure.md.

Members are compared as they were drawn, whether or not a gift reached them. *Back* is an own action
on one of the N shop days after the draw; *buys* is an order placed within 90 days after it, paid
and not sent back whole; *yuan* is what such orders brought in cash, less what went back.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, Max, OuterRef

from mall.core import clock, keyset
from mall.core.transactions import transactional
from marketing.campaigns.conditions import PAID
from marketing.campaigns.uplift import Arm
from marketing.models import Campaign, CampaignMember, MemberDay
from orders.models import Order

BATCH = 1000
ONE_DAY = timedelta(days=1)
READ_AT = time(6)  # the last day is counted up by then


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its code, how many days after the draw it looks, and whether it is a mean of yuan
    rather than a rate.
    """

    code: str
    days: int
    is_mean: bool = False


FIGURES = (
    Figure("back_7", 7),
    Figure("back_30", 30),
    Figure("buys_90", 90),
    Figure("yuan_90", 90, is_mean=True),
)


def read_due() -> int:
    """Read every figure whose day has come; returns how many. Harmless when repeated."""
    done = 0
    ended = Campaign.objects.filter(status=Campaign.Status.ENDED, holdout_percent__gt=0)
    for campaign in ended.order_by("pk"):
        unread = [figure for figure in FIGURES if figure.code not in campaign.readings]
        last = last_drawn(campaign) if unread else None
        for figure in unread:
            if last is not None and clock.now() >= due_at(figure, last):
                done += _read(campaign.pk, figure)
    return done


def last_drawn(campaign: Campaign) -> date | None:
    """Return the shop day on which its last member was drawn; None where nobody was."""
    return campaign.members.aggregate(last=Max("on"))["last"]


def due_at(figure: Figure, last: date) -> datetime:
    """Return when a figure is read, by the day of the last draw."""
    day = last + (figure.days + 1) * ONE_DAY
    return datetime.combine(day, READ_AT, tzinfo=clock.SHOP_ZONE)


def arms_of(campaign: Campaign, figure: Figure) -> tuple[Arm, Arm] | None:
    """Return the treated and the held-out arm as they were read; None before that."""
    read = campaign.readings.get(figure.code)
    return (Arm(*read["treated"]), Arm(*read["held_out"])) if read else None


@transactional
def _read(campaign_id, figure) -> bool:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if figure.code in campaign.readings:
        return False  # another sweep was faster
    count = _back if figure.code.startswith("back") else _bought
    arms = {
        name: count(campaign, is_treated, figure)
        for name, is_treated in (("treated", True), ("held_out", False))
    }
    as_of = clock.now().isoformat(timespec="seconds")
    campaign.readings = {**campaign.readings, figure.code: {**arms, "as_of": as_of}}
    campaign.save(update_fields=["readings"])
    return True


def _back(campaign, is_treated, figure) -> list:
    """Count who came back: day by day of the draw, so that each look is a range of an index."""
    size = did = 0
    arm = CampaignMember.objects.filter(campaign=campaign, is_treated=is_treated)
    for day, number in arm.order_by().values_list("on").annotate(number=Count("pk")):
        came = MemberDay.objects.filter(
            person=OuterRef("user_id"), on__gt=day, on__lte=day + figure.days * ONE_DAY
        )
        size += number
        did += arm.filter(Exists(came), on=day).count()
    return [size, did, did, did]


def _bought(campaign, is_treated, figure) -> list:
    """Add up what an arm bought, some members at a time: how many did, or their yuan."""
    size, did, total, squares = 0, 0, 0.0, 0.0
    arm = CampaignMember.objects.filter(campaign=campaign, is_treated=is_treated)
    for batch in keyset.batches(arm.only("pk", "user_id", "on", "assigned_at"), BATCH):
        size += len(batch)
        for yuan in _yuan_of(batch, figure.days):
            value = float(yuan) if figure.is_mean else 1.0
            did += value != 0
            total += value
            squares += value * value
    return [size, did, total, squares]


def _yuan_of(batch, days) -> list:
    """Return the yuan of each of these members who bought; 0 of orders for points alone."""
    drawn = {row.user_id: row for row in batch}
    first = min(row.assigned_at for row in batch)
    found = Order.objects.purchases().filter(
        user_id__in=drawn, status__in=PAID, refunded_at__isnull=True, created_at__gt=first
    )
    spent = defaultdict(int)
    for user_id, at, cash, back in found.values_list(
        "user_id", "created_at", "cash", "refunded_cash"
    ):
        row = drawn[user_id]
        if row.assigned_at < at < clock.end_of(row.on + days * ONE_DAY):
            spent[user_id] += cash - back
    return list(spent.values())
