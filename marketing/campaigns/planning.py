"""What a campaign needs before it can start, and what it will come to: sizes, cost and what could
be seen. Reads, never writes.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from mall.core import clock
from mall.core.money import ZERO
from marketing.campaigns import segments, uplift
from marketing.models import Campaign
from orders.models import CouponTemplate

# Nobody knows the rate beforehand: about one in ten comes back by itself.
SUPPOSED_RATE = 0.1
FURTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a campaign comes to if it began now: members, arms, what everybody's gift costs, and the
    smallest difference (a share) that would show; None without two arms or where yuan decide.
    """

    members: int
    held_out: int
    points: int
    yuan: Decimal
    smallest: float | None

    @property
    def treated(self) -> int:
        """Return how many are to get something."""
        return self.members - self.held_out


def sizes(campaign: Campaign) -> Sizes:
    """Return what a campaign comes to now."""
    said = campaign.conditions or campaign.segment.conditions
    members = segments.count(said)
    held_out = round(members * campaign.holdout_percent / 100)
    treated = members - held_out
    smallest = None
    if held_out and treated and campaign.goal != Campaign.Goal.YUAN_90:
        spread = uplift.spread_of_rates(SUPPOSED_RATE, SUPPOSED_RATE, held_out / members)
        smallest = uplift.smallest_seen(spread, members)
    worth = most_off(campaign.coupon)
    return Sizes(members, held_out, treated * campaign.points, treated * worth, smallest)


def most_off(template: CouponTemplate | None) -> Decimal:
    """Return the most that one coupon of a template can take off, in yuan."""
    if template is None:
        return ZERO
    return template.amount if template.kind == CouponTemplate.Kind.AMOUNT else template.cap


def lacking(campaign: Campaign) -> dict[str, str]:
    """Return {field: what is wrong with it}; empty where the campaign could start."""
    wrong = {}
    is_giving = bool(campaign.points or campaign.coupon_id)
    title, text, reason = (_said(campaign, name) for name in ("title", "text", "reason"))
    if not is_giving and not campaign.is_multiplying and not title:
        wrong["points"] = _("Give something: points, a coupon, more for orders, or a message.")
    if is_giving and not title:
        wrong["title_zh_hans"] = _("Say in a message what members get.")
    if title and not text:
        wrong["text_zh_hans"] = _("A message needs a text.")
    if title and not reason:
        wrong["reason_zh_hans"] = _("Members should read why they get it.")
    wrong |= _window(campaign) | _budget(campaign)
    return wrong


def _said(campaign, name) -> str:
    return getattr(campaign, f"{name}_zh_hans") or getattr(campaign, f"{name}_en") or ""


def _window(campaign):
    if campaign.starts_at and campaign.ends_at:
        if campaign.ends_at <= campaign.starts_at:
            return {"ends_at": _("The end must come after the beginning.")}
        if campaign.ends_at <= clock.now():
            return {"ends_at": _("That is over already.")}
        if campaign.ends_at > clock.now() + FURTHEST:
            return {"ends_at": _("A campaign ends within two years.")}
    return {}


def _budget(campaign):
    wrong = {}
    if campaign.points and campaign.budget_points < campaign.points:
        wrong["budget_points"] = _("The budget must be enough for one member at least.")
    elif campaign.is_multiplying and not campaign.budget_points:
        wrong["budget_points"] = _("What orders earn besides needs a budget in points.")
    template = campaign.coupon
    if template is None:
        return wrong
    if not template.is_open(clock.now()):
        wrong["coupon"] = _("This coupon is not given out now: open it first.")
    elif template.ends_at and campaign.ends_at and template.ends_at < campaign.ends_at:
        wrong["coupon"] = _("This coupon ends before the campaign does.")
    elif template.total and template.issued >= template.total:
        wrong["coupon"] = _("All of these coupons are given out.")
    if campaign.budget_yuan < most_off(template):
        wrong["budget_yuan"] = _("The budget must be enough for one coupon, ¥%(most)s.") % {
            "most": f"{most_off(template):.2f}"
        }
    return wrong
