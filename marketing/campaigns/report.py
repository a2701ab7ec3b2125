"""What a campaign did and what it cost, in figures and in sentences; never a figure without a
random holdout, and never one before its day.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from mall.core import clock
from mall.core.money import ZERO, yuan
from mall.core.templatetags.mall import signed
from marketing.campaigns import readings, uplift
from marketing.campaigns.readings import FIGURES, Figure
from marketing.campaigns.uplift import Arm, Uplift
from marketing.models import Campaign
from orders.models import Coupon, Order
from points import budgets, rates
from points.models import ExchangeRate


@dataclass(frozen=True, slots=True)
class Cost:
    """What a campaign cost so far: points, these in yuan by the rate of now (None without a rate),
    and yuan that its coupons took off orders that stand.
    """

    points: int
    points_yuan: Decimal | None
    coupons_yuan: Decimal

    @property
    def yuan(self) -> Decimal:
        """Return all of it in yuan."""
        return (self.points_yuan or ZERO) + self.coupons_yuan


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the report. ``state`` is no_holdout, waiting, unclear, more or less; ``said``
    says it plainly. ``is_goal``: the one that was named before the start, and the only one that
    decides.
    """

    code: str
    label: str
    is_goal: bool
    is_mean: bool
    state: str
    said: str
    treated: Arm | None = None
    held_out: Arm | None = None
    uplift: Uplift | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A campaign's progress, cost and figures."""

    treated: int
    held_out: int
    given: int
    waiting: int
    refused: int
    cost: Cost
    rows: list[Row]
    said_of_cost: str

    @property
    def goal(self) -> Row:
        """Return the figure that decides."""
        return next(row for row in self.rows if row.is_goal)


def of(campaign: Campaign) -> Report:
    """Return the report of a campaign as it stands now."""
    found = campaign.members.order_by().values_list("state")
    states = dict(found.annotate(number=Count("pk")))
    given, waiting, refused, held_out = (
        states.get(state, 0) for state in ("given", "waiting", "refused", "held_out")
    )
    treated, cost = given + waiting + refused, cost_of(campaign)
    last = readings.last_drawn(campaign)
    rows = [_row(campaign, figure, last, cost, treated) for figure in FIGURES]
    goal = next(row for row in rows if row.is_goal)
    words = _per_returner(goal, cost, treated)
    return Report(treated, held_out, given, waiting, refused, cost, rows, words)


def cost_of(campaign: Campaign) -> Cost:
    """Return what a campaign cost so far."""
    budget = budgets.of(campaign.budget_code) if campaign.budget_points else None
    points = budget.taken if budget else 0
    try:
        points_yuan = yuan(Decimal(points) / rates.current().points_per_yuan)
    except ExchangeRate.DoesNotExist:
        points_yuan = None
    used = Order.objects.none()
    if campaign.coupon_id:
        states = (Coupon.State.LOCKED, Coupon.State.USED)
        used = Order.objects.filter(
            coupon__template_id=campaign.coupon_id,
            coupon__key=campaign.reference,
            coupon__state__in=states,
        )
    off = used.aggregate(off=Sum("coupon_discount"))["off"] or ZERO
    return Cost(points, points_yuan, off)


def _row(campaign, figure: Figure, last, cost, treated) -> Row:
    words = {
        "code": figure.code,
        "label": Campaign.Goal(figure.code).label,
        "is_goal": figure.code == campaign.goal,
        "is_mean": figure.is_mean,
    }
    if not campaign.holdout_percent:
        return Row(state="no_holdout", said=_why_nothing(), **words)
    arms = readings.arms_of(campaign, figure)
    if arms is None:
        return Row(state="waiting", said=_wait(campaign, figure, last), **words)
    found = _compared(campaign, figure, arms, cost, treated)
    words |= {"treated": arms[0], "held_out": arms[1], "uplift": found}
    if found is not None and found.claims:
        state = "more" if found.claims > 0 else "less"
        return Row(state=state, said=_certain(figure, found), **words)
    needed = _needed(campaign, figure, arms)
    return Row(state="unclear", said=_unclear(figure, found, needed), needed=needed, **words)


def _compared(campaign, figure, arms, cost, treated) -> Uplift | None:
    """Return the difference of the arms; of sales as one of margin, less what a treated member
    cost in points. Coupons are off the sales already.
    """
    if not figure.is_mean:
        return uplift.of_rates(*arms)
    paid = float(cost.points_yuan or 0) / treated if treated else 0.0
    return uplift.of_means(*arms, scale=campaign.margin_percent / 100, cost=paid)


def _needed(campaign, figure, arms) -> int | None:
    """Return how many members more would show the smallest difference that is worth it; None where
    nothing is known to reckon with, 0 where there are enough.
    """
    treated, held_out = arms
    size = treated.size + held_out.size
    if not treated.size or not held_out.size:
        return None
    share, smallest = held_out.size / size, float(campaign.smallest_uplift)
    if figure.is_mean:
        if not treated.variance and not held_out.variance:
            return None
        margin = campaign.margin_percent / 100
        spread = uplift.spread_of_means(treated.variance, held_out.variance, share) * margin**2
    else:
        # nobody of a few is no proof of a rate of nought
        smallest /= 100
        rates_ = [(arm.did + 1) / (arm.size + 2) for arm in arms]
        spread = uplift.spread_of_rates(*rates_, share)
    return max(0, uplift.members_needed(spread, smallest) - size)


# --- in words --------------------------------------------------------------------
def _why_nothing() -> str:
    return _(
        "No figure: nobody was held out at random. Whoever gets something differs from the others "
        "anyway; on a real shop's data, campaigns that never took place seemed to sell 13 % more."
    )


def _wait(campaign, figure, last) -> str:
    if campaign.status == Campaign.Status.ENDED and last is None:
        return _("No figure: nobody was in the segment.")
    is_over = campaign.status == Campaign.Status.ENDED
    at = readings.due_at(figure, last if is_over else clock.day_of(campaign.ends_at))
    days = max(1, (clock.day_of(at) - clock.today()).days)
    return _(
        "Cannot tell yet: %(days)s more days. It is read once, on %(date)s, so that nobody stops "
        "at a lucky moment."
    ) % {"days": days, "date": date_format(clock.day_of(at), "DATE_FORMAT")}


def _certain(figure, found) -> str:
    said = (
        _("It makes a difference of %(low)s to %(high)s a member, cost included.")
        if figure.is_mean
        else _("It makes a difference of %(low)s to %(high)s percentage points.")
    )
    return said % _bounds(figure, found)


def _unclear(figure, found, needed) -> str:
    if found is None and figure.is_mean:
        said = _("Cannot tell: too few have bought anything to reckon with.")
    elif found is None:
        said = _("Cannot tell: chance left one of the two sides empty.")
    else:
        said = (
            _("Cannot tell: it may be anything from %(low)s to %(high)s a member.")
            if figure.is_mean
            else _("Cannot tell: it may be anything from %(low)s to %(high)s percentage points.")
        )
        said %= _bounds(figure, found)
    sentences = [said]
    if found is not None and (found.low > 0 or found.high < 0):
        sentences.append(_("A hint and no proof: chance alone shows as much once in twenty."))
    if needed:
        more = _("About %(number)s more members would show a difference that is worth it.")
        sentences.append(more % {"number": f"{needed:,}"})
    elif needed == 0 and found is not None:
        sentences.append(_("A difference that is worth it would probably have shown."))
    return " ".join(sentences)


def _bounds(figure, found) -> dict:
    return {end: change(getattr(found, end), figure.is_mean) for end in ("low", "high")}


def change(amount, is_mean: bool) -> str:
    """Write a difference between both sides: of means in yuan, of shares in percentage points."""
    return signed(amount, 2, "¥") if is_mean else signed(amount * 100, 1)


def _per_returner(goal, cost, treated) -> str:
    """Say what one extra returner or buyer cost, where it is certain that there are some."""
    if goal.is_mean or goal.state != "more" or not cost.yuan:
        return ""
    extra = [
        treated * share for share in (goal.uplift.difference, goal.uplift.high, goal.uplift.low)
    ]
    about, least, most = (f"{float(cost.yuan) / number:.2f}" for number in extra)
    return _(
        "One member more who would not have done it otherwise cost about ¥%(about)s "
        "(¥%(least)s to ¥%(most)s)."
    ) % {"about": about, "least": least, "most": most}
