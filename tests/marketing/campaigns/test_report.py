"""What is said of a campaign: nothing before its day or without a holdout, and then plainly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.utils import translation

from mall.core import clock
from marketing.campaigns import readings, report, sweep, tables, wording
from marketing.campaigns.planning import Sizes
from marketing.models import Campaign, CampaignMember, MemberDay
from orders import lifecycle
from orders.models import Coupon, Order
from points import budgets, ledger
from points.models import ExchangeRate
from tests.factories.campaigns import CampaignFactory
from tests.factories.coupons import given, template
from tests.factories.orders import pay, place, virtual_sku

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def ended(*, days_ago=100, members=400, **words):
    """A campaign that drew its members so many days ago, a quarter of them held out."""
    began = clock.now() - days_ago * DAY
    window = {"starts_at": began - DAY, "ends_at": began + DAY, "ended_at": began + DAY}
    campaign = CampaignFactory(status="ended", points=0, budget_points=0, **window, **words)
    CampaignMember.objects.bulk_create(
        CampaignMember(
            campaign=campaign,
            user_id=user_id,
            is_treated=bool(number % 4),
            state="given" if number % 4 else "held_out",
            on=clock.day_of(began),
            assigned_at=began,
        )
        for number, user_id in enumerate(crowd(members))
    )
    return campaign


def crowd(number):
    """Return the ids of so many new members."""
    user, made = get_user_model(), f"crowd-{get_user_model().objects.count()}"
    user.objects.bulk_create(
        user(username=f"{made}-{n}", email=f"{made}-{n}@example.com") for n in range(number)
    )
    found = user.objects.filter(username__startswith=f"{made}-").order_by("pk")
    return found.values_list("pk", flat=True)


def arm(campaign, is_treated):
    found = campaign.members.filter(is_treated=is_treated).order_by("user_id")
    return list(found.values_list("user_id", flat=True))


def came(user_ids, on):
    MemberDay.objects.bulk_create(MemberDay(person=pk, on=on) for pk in user_ids)


def row(campaign, code):
    return next(one for one in report.of(campaign).rows if one.code == code)


def test_report_when_one_looks_every_day_then_nothing_before_its_day_and_the_same_ever_after():
    campaign = ended(goal="back_7")
    drawn_on = clock.day_of(campaign.members.first().assigned_at)
    came(arm(campaign, True)[:150], drawn_on + 3 * DAY)
    came(arm(campaign, False)[:20], drawn_on + 7 * DAY)
    came(arm(campaign, False)[20:40], drawn_on)  # the day of the draw proves nothing
    came(arm(campaign, False)[40:60], drawn_on + 8 * DAY)  # nor does the day after the window
    said = set()

    for day in range(1, 8):
        with clock.at(clock.end_of(drawn_on + day * DAY)):
            sweep.carry_on()
            campaign.refresh_from_db()
            said.add((row(campaign, "back_7").state, row(campaign, "back_7").uplift))
    with clock.at(clock.end_of(drawn_on + 8 * DAY)):
        sweep.carry_on()
    campaign.refresh_from_db()
    read = dict(campaign.readings)
    came(arm(campaign, False)[60:], drawn_on + 2 * DAY)  # known too late
    sweep.carry_on()

    assert said == {("waiting", None)}
    campaign.refresh_from_db()
    goal = row(campaign, "back_7")
    assert (goal.state, goal.is_goal) == ("more", True)
    assert (goal.treated.did, goal.treated.size) == (150, 300)
    assert (goal.held_out.did, goal.held_out.size) == (20, 100)
    assert goal.said == "It makes a difference of +19.5 to +38.7 percentage points."
    assert campaign.readings["back_7"] == read["back_7"]
    assert set(campaign.readings) == {"back_7", "back_30", "buys_90", "yuan_90"}


def test_report_when_the_treated_come_less_then_figures_have_a_true_minus():
    campaign = ended(goal="back_7")
    on = clock.day_of(campaign.members.first().assigned_at) + DAY
    came(arm(campaign, True)[:60], on)
    came(arm(campaign, False)[:50], on)
    with clock.at(clock.end_of(on + 7 * DAY)):
        sweep.carry_on()
    campaign.refresh_from_db()

    goal = row(campaign, "back_7")

    assert (goal.state, goal.treated.did, goal.held_out.did) == ("less", 60, 50)
    assert goal.said == "It makes a difference of −40.5 to −19.2 percentage points."
    assert tables.shown(report.of(campaign))[0]["difference"] == "−30.0 (−40.5 … −19.2)"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.422, "a difference of 42.2 percentage points would be found four times of five"),
        (1.068, "These are too few to find any difference"),
    ],
)
def test_sizes_when_few_are_in_the_segment_then_no_difference_of_more_than_all(share, said):
    sizes = Sizes(members=4, held_out=1, points=0, yuan=Decimal(0), smallest=share)

    assert said in wording.of_sizes(CampaignFactory(), sizes)


def test_report_when_nobody_was_held_out_then_no_figure_and_the_reason():
    campaign = ended(holdout_percent=0, members=8)

    sweep.carry_on()

    found = report.of(campaign)
    assert {one.state for one in found.rows} == {"no_holdout"}
    assert "nobody was held out at random" in found.goal.said


def test_report_when_it_runs_then_it_says_for_how_many_days_it_cannot_tell():
    campaign = CampaignFactory(status="running", goal="back_7", ends_at=clock.now() + 3 * DAY)

    said = report.of(campaign).goal.said

    assert said.startswith("Cannot tell yet: 11 more days.")


def test_report_when_few_took_part_then_it_says_how_many_more_it_takes():
    campaign = ended(members=40, goal="back_30")

    sweep.carry_on()

    campaign.refresh_from_db()
    found = report.of(campaign)
    assert (found.goal.state, found.goal.needed > 1000) == ("unclear", True)
    assert "more members would show" in found.goal.said
    assert row(campaign, "yuan_90").said.startswith("Cannot tell: too few have bought")


def test_read_when_orders_were_placed_then_buyers_and_yuan_of_the_window_alone():
    campaign = ended(members=8)
    drawn_at = campaign.members.first().assigned_at
    sku = virtual_sku(cash="30.00", stock=99)
    for pk, offset, back in (
        (arm(campaign, True)[0], 1 * DAY, 0),
        (arm(campaign, True)[0], 2 * DAY, 10),
        (arm(campaign, True)[1], -1 * DAY, 0),
        (arm(campaign, False)[0], 89 * DAY, 0),
        (arm(campaign, False)[1], 92 * DAY, 0),
    ):
        ledger.open_account(pk)
        order = pay(place(get_user_model().objects.get(pk=pk), sku))
        Order.objects.filter(pk=order.pk).update(created_at=drawn_at + offset, refunded_cash=back)

    sweep.carry_on()

    campaign.refresh_from_db()
    treated, held_out = readings.arms_of(campaign, readings.FIGURES[3])
    assert (treated.size, treated.did, treated.total, treated.squares) == (6, 1, 50.0, 2500.0)
    assert (held_out.size, held_out.did, held_out.total) == (2, 1, 30.0)
    assert campaign.readings["buys_90"]["treated"] == [6, 1, 1.0, 1.0]


def test_read_when_it_runs_twice_then_once():
    campaign = ended(members=4)

    assert (sweep.carry_on()["read"], sweep.carry_on()["read"]) == (4, 0)
    assert len(Campaign.objects.get(pk=campaign.pk).readings) == 4


# --- what it cost ------------------------------------------------------------------------
@pytest.fixture
def paid_for():
    """A campaign of 300 treated and 100 held-out members, half and a fifth of whom came back, that
    gave 6,000 points (¥60) and a coupon with which one order was ¥30 less.
    """
    rate_of(100)
    ticket = template(amount="30.00")
    campaign = ended(goal="back_7", coupon=ticket, budget_yuan="999.00")
    Campaign.objects.filter(pk=campaign.pk).update(budget_points=9_000)
    budgets.set_up(campaign.budget_code, 9_000)
    budgets.take(campaign.budget_code, 6_000)
    on = clock.day_of(campaign.members.first().assigned_at) + 3 * DAY
    came(arm(campaign, True)[:150], on)
    came(arm(campaign, False)[:20], on)
    buyer = get_user_model().objects.get(pk=arm(campaign, True)[0])
    ledger.open_account(buyer.pk)
    mine = given(buyer, ticket)
    Coupon.objects.filter(pk=mine.pk).update(key=campaign.reference)
    pay(place(buyer, virtual_sku(cash="80.00", stock=9), coupon=mine.pk))
    sweep.carry_on()
    campaign.refresh_from_db()
    return campaign


def rate_of(points):
    ExchangeRate.objects.all().delete()
    ExchangeRate.objects.create(points_per_yuan=points, effective_from=clock.now() - DAY)


def test_report_when_it_brought_members_back_then_what_one_more_cost(paid_for):
    """¥90 for 300 x (50 % - 20 %) = 90 members more: ¥1.00 each; Newcombe's bounds beside it."""
    found = report.of(paid_for)

    assert (found.cost.points, found.cost.points_yuan, found.cost.coupons_yuan) == (6_000, 60, 30)
    low, high = found.goal.uplift.low, found.goal.uplift.high
    assert found.goal.uplift.difference == pytest.approx(0.3)
    least, most = f"{90 / (300 * high):.2f}", f"{90 / (300 * low):.2f}"
    assert found.said_of_cost == (
        f"One member more who would not have done it otherwise cost about ¥1.00 "
        f"(¥{least} to ¥{most})."
    )
    assert (least, most) == ("0.77", "1.54")


def test_report_when_an_order_was_cancelled_or_nothing_is_certain_then_its_cost_is_not_counted(
    paid_for,
):
    order = Order.objects.get()
    lifecycle.cancel(order, actor="staff:1")
    assert report.of(paid_for).cost.coupons_yuan == 0

    paid_for.readings["back_7"]["held_out"] = paid_for.readings["back_7"]["treated"]

    assert report.of(paid_for).said_of_cost == ""
