"""Referrals: bound once, paid once the first paid order stands, at most so many a month and never
more than the budget; late and doubled facts change nothing.
"""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
import time_machine

from accounts import closing
from accounts.registration import Arrival, enrol
from catalog import stock
from mall import verification
from mall.core import clock, events
from mall.core.models import AuditRow
from mall.core.versions import ChangedMeanwhile
from marketing.models import MemberBadge, Notification, Referral
from marketing.referral import board, referrals
from orders import gifts
from orders.events import ORDER_COMPLETED, ORDER_PAID, ORDER_REFUNDED
from orders.refunds import requests
from points import budgets, event_delivery, risk, rules
from points.models import LedgerEntry, PointAccount, Rule
from tests.factories.accounts import MemberFactory
from tests.factories.orders import ask, received, refund, virtual_sku
from tests.factories.referrals import arrived, invited, ordered, settle_when_over
from tests.listening import withheld

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield
        assert verification.verify() == []


@pytest.fixture
def inviter():
    return MemberFactory(username="inviter")


@pytest.fixture
def clerk():
    return MemberFactory(username="clerk")


def rewards(*users):
    """Return what each got by the rules of invitations."""
    paid = LedgerEntry.objects.filter(rule__in=("referral", "referred"))
    return [sum(paid.filter(account_id=user.pk).values_list("delta", flat=True)) for user in users]


def standing(user):
    row = Referral.objects.get(invitee=user)
    return row.status, row.reason


def state(user):
    (line,) = board.shown(list(Referral.objects.filter(invitee=user).select_related("invitee")))
    return line.state


def told(user):
    kinds = Notification.objects.filter(user=user, kind__startswith="referral")
    return list(kinds.order_by("pk").values_list("kind", flat=True))


# --- who is bound ---------------------------------------------------------------------
def test_bind_when_signed_up_by_an_invitation_then_once_and_the_inviter_hears(inviter):
    other = MemberFactory()
    friend = invited(inviter, "friend")
    fact = events.Event("registered", friend.pk, "register", clock.now())
    for again in (inviter.pk, other.pk):
        data = {"first_of_person": True, "invited_by": again}
        referrals.bind([events.Event("registered", friend.pk, "r", fact.at, data=data)])

    row = Referral.objects.get()
    assert (row.inviter, row.invitee, row.status) == (inviter, friend, "open")
    assert (told(inviter), told(other), told(friend)) == (["referral_joined"], [], [])


def test_bind_when_the_person_was_here_before_then_noted_and_never_paid(inviter):
    again = invited(inviter, "again", email="Inviter+2@Example.com")
    marked = invited(None, "first")
    second = enrolled_by_phone(inviter, "second")
    third = enrolled_by_phone(inviter, "third")
    for user in (again, third):
        arrived(user)

    assert settle_when_over() == 0
    assert [standing(user) for user in (again, third)] == [("void", "known")] * 2
    assert standing(second) == ("open", "")
    assert not Referral.objects.filter(invitee=marked).exists()
    assert rewards(inviter, again, third) == [0, 0, 0]


def enrolled_by_phone(inviter, name):
    """Somebody whose proved number was seen before once ``second`` had it."""
    user = MemberFactory.build(username=name, email=f"{name}@example.com")
    enrol(user, marks=["the mark of one number"], arrival=Arrival(inviter=inviter.pk))
    event_delivery.deliver(user.pk)
    return user


def test_bind_when_the_inviter_has_left_or_is_the_same_then_nobody_is_bound(inviter):
    closing.close(inviter)
    friend = invited(inviter, "friend")
    data = {"first_of_person": True, "invited_by": friend.pk}
    referrals.bind([events.Event("registered", friend.pk, "r", clock.now(), data=data)])

    assert Referral.objects.count() == 0


# --- when it is paid ------------------------------------------------------------------
def test_settle_when_the_return_window_is_over_then_both_are_paid_once(inviter):
    friend, states = invited(inviter, "friend"), []
    states.append(state(friend))
    order = ordered(friend)
    states.append(state(friend))
    arrival = received(order).completed_at
    event_delivery.deliver(friend.pk)
    states.append(state(friend))
    due = arrival + referrals.return_window()
    for instant in (due - timedelta(seconds=1), due, due + timedelta(days=3)):
        with time_machine.travel(instant, tick=False):
            states.append((referrals.settle_due(), state(friend), rewards(inviter, friend)))

    assert states == [
        "joined",
        "ordered",
        "waiting",
        (0, "waiting", [0, 0]),
        (1, "paid", [200, 100]),
        (0, "paid", [200, 100]),
    ]
    row = Referral.objects.get()
    assert (row.inviter_points, row.invitee_points, row.order_no) == (200, 100, order.no)
    assert budgets.of("referral").taken == 300


def test_settle_when_the_order_goes_back_then_not_paid_before_and_not_taken_after(inviter):
    back, late, other = (invited(inviter, name) for name in ("back", "late", "other"))
    refund(arrived(back))
    refund(arrived(other))
    arrived(other)  # another order stands
    order = arrived(late)

    settle_when_over()
    refund(order)
    settle_when_over()

    assert [standing(one)[0] for one in (back, late, other)] == ["open", "paid", "paid"]
    assert state(back) == "joined"
    assert rewards(inviter, back, late, other) == [400, 0, 100, 100]


def test_settle_when_a_refund_waits_for_its_answer_then_waits_too(inviter):
    friend = invited(inviter, "friend")
    asked = ask(arrived(friend))

    assert settle_when_over() == 0
    requests.reject(asked, actor="staff:1", note="worn")
    assert settle_when_over() == 1
    assert rewards(inviter, friend) == [200, 100]


def test_settle_when_facts_come_late_twice_and_in_any_order_then_the_same(inviter):
    left = set()
    for number, order in enumerate(permutations(range(3))):
        friend = invited(inviter, f"friend{number}")
        with withheld() as facts:
            bought = arrived(friend)
            second = arrived(friend)
            refund(second)
        mine = [one for one in facts if one.member == friend.pk]
        kinds = (ORDER_PAID, ORDER_COMPLETED, ORDER_REFUNDED)
        groups = [[one for one in mine if one.kind == kind] for kind in kinds]
        for place in (*order, *order):
            events.hand_over(groups[place])
        settle_when_over()
        row = Referral.objects.get(invitee=friend)
        left.add((row.status, row.order_no == bought.no, *rewards(friend)))

    assert left == {("paid", True, 100)}


def test_settle_when_the_twenty_first_of_a_month_then_the_inviter_is_not_paid(inviter):
    rules.publish(Rule.objects.get(code="referral"), actor="t", **months(3))
    friends = [invited(inviter, f"friend{number}") for number in range(4)]
    for friend in friends:
        arrived(friend)
    settle_when_over()

    ends = [standing(friend) for friend in friends]
    assert ends == [("paid", "")] * 3 + [("void", "month")]
    assert rewards(inviter, *friends) == [600, 100, 100, 100, 100]
    assert told(inviter)[-1] == "referral_not_counted"
    assert PointAccount.objects.get(pk=inviter.pk).status == "active"


def months(number):
    version = Rule.objects.get(code="referral").versions.first()
    words = rules.numbers_of(version)
    return {**words, "per_day": number, "per_week": number, "per_month": number}


def test_settle_when_the_budget_is_spent_then_held_and_nothing_is_given(inviter, clerk):
    friend = invited(inviter, "friend")
    arrived(friend)
    budgets.set_up("referral", 299, per="month")
    settle_when_over()
    row = Referral.objects.get()

    assert (row.status, row.reason, rewards(inviter, friend)) == ("held", "budget", [0, 0])
    with time_machine.travel(row.settled_at, tick=False):
        with pytest.raises(referrals.OutOfBudget):
            referrals.decide(row, operator=clerk, release=True, note="go on")
        budgets.set_up("referral", 5_000, per="month")
        referrals.decide(row, operator=clerk, release=True, note="raised")
    assert rewards(inviter, friend) == [200, 100]


@pytest.mark.parametrize(("code", "most"), [("referral", 399), ("referred", 100)])
def test_settle_when_the_budget_of_a_rule_is_spent_then_held_until_it_is_raised(
    inviter, clerk, code, most
):
    rule = Rule.objects.get(code=code)
    rule.budget = budgets.set_up(f"rule:{code}", most)
    rule.save()
    friends = [invited(inviter, name) for name in ("one", "two")]
    for friend in friends:
        arrived(friend)
    settle_when_over()

    assert [standing(friend) for friend in friends] == [("paid", ""), ("held", "budget")]
    assert rewards(inviter, *friends) == [200, 100, 0]
    row = Referral.objects.get(invitee=friends[1])
    with time_machine.travel(row.settled_at, tick=False):
        with pytest.raises(referrals.OutOfBudget):
            referrals.decide(row, operator=clerk, release=True, note="go on")
        budgets.set_up(f"rule:{code}", 5_000)
        referrals.decide(row, operator=clerk, release=True, note="raised")
    assert rewards(inviter, *friends) == [400, 100, 100]
    assert budgets.of(f"rule:{code}").taken == (400 if code == "referral" else 200)


def test_settle_when_a_released_one_waited_until_the_budget_was_spent_then_held_and_others_go_on(
    inviter, clerk
):
    house = [invited(inviter, name, network="one house") for name in ("one", "two")]
    for friend in house:
        arrived(friend)
    settle_when_over()
    case = risk.pause(inviter.pk, operator=clerk, note="a look", scope="earn")
    for row in Referral.objects.order_by("pk"):
        with time_machine.travel(row.settled_at, tick=False):
            referrals.decide(row, operator=clerk, release=True, note="neighbours")
    assert [standing(friend) for friend in house] == [("open", "")] * 2  # the inviter is paused
    risk.decide(case, operator=clerk, release=True, note="fine")
    stranger = invited(MemberFactory(), "stranger")
    arrived(stranger)
    budgets.set_up("referral", 300)

    assert settle_when_over() == 3

    ends = [standing(friend) for friend in (*house, stranger)]
    assert ends == [("paid", ""), ("held", "budget"), ("held", "budget")]
    assert rewards(inviter, *house, stranger) == [200, 100, 0, 0]


def test_settle_when_an_account_rests_or_is_closed_then_it_waits_or_ends(inviter):
    clerk = MemberFactory()
    friend, leaver = invited(inviter, "friend"), invited(inviter, "leaver")
    arrived(friend)
    case = risk.pause(inviter.pk, operator=clerk, note="a look", scope="earn")
    assert settle_when_over() == 0
    closing.close(leaver)
    assert standing(leaver) == ("void", "closed")
    risk.decide(case, operator=clerk, release=True, note="fine")
    assert settle_when_over() == 1
    assert rewards(inviter, friend, leaver) == [200, 100, 0]


# --- what a person decides --------------------------------------------------------------
def test_decide_when_held_then_pays_once_or_never_and_says_why(inviter, clerk):
    friends = [invited(inviter, name, network="one house") for name in ("one", "two")]
    for friend in friends:
        arrived(friend)
    settle_when_over()
    first, second = (Referral.objects.get(invitee=friend) for friend in friends)

    assert (first.reason, rewards(inviter, *friends)) == ("ring", [0, 0, 0])
    for stranger in (inviter, friends[0]):
        with pytest.raises(risk.OwnCase):
            referrals.decide(first, operator=stranger, release=True, note="mine")
    stale = Referral(**{f.attname: getattr(first, f.attname) for f in first._meta.fields})
    stale.reason = "budget"
    with pytest.raises(ChangedMeanwhile):
        referrals.decide(stale, operator=clerk, release=True, note="as I read it")
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        referrals.decide(first, operator=clerk, release=True, note="neighbours")
        referrals.decide(second, operator=clerk, release=False, note="one person")
        for row in (first, second):
            with pytest.raises(referrals.ReferralDecided):
                referrals.decide(row, operator=clerk, release=True, note="again")

    assert rewards(inviter, *friends) == [200, 100, 0]
    assert [standing(friend) for friend in friends] == [("paid", ""), ("void", "refused")]
    audited = AuditRow.objects.filter(action="marketing.referral_decide")
    assert [row.reason for row in audited.order_by("pk")] == ["neighbours", "one person"]
    assert told(inviter)[-3:] == ["referral_held", "referral_held", "referral_not_counted"]


def test_settle_when_the_friend_only_won_something_then_it_is_no_purchase(inviter):
    friend = invited(inviter, "lucky")
    won = gifts.give(friend, virtual_sku(points=5), key="draw:1:1")
    stock.sell([(one.sku_id, one.quantity) for one in won.lines.all()])
    received(won)
    event_delivery.deliver(friend.pk)

    assert settle_when_over() == 0
    assert (standing(friend), rewards(inviter, friend)) == (("open", ""), [0, 0])
    assert not MemberBadge.objects.filter(user=friend).exists()

    arrived(friend)

    assert settle_when_over() == 1
    assert rewards(inviter, friend) == [200, 100]
