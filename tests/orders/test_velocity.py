"""Many members who order in one place, and members much of whose orders goes back; what is seen is
forgotten with its marks.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts import traces
from accounts.models import User
from mall.tasks import forget_traces
from orders import velocity
from orders.models import Order
from orders.payments import wording
from points.models import RiskCase, RiskRule, RiskSighting
from points.sighting_words import in_words
from tests.factories.accounts import MemberFactory
from tests.factories.orders import refund, virtual_sku
from tests.factories.referrals import invited, ordered

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


def set_rule(code, **words):
    rule = RiskRule.objects.get(code=code)
    for name, value in words.items():
        setattr(rule, name, value)
    rule.save()


def test_watch_orders_when_several_order_on_one_device_then_noted_once_a_day():
    sku = virtual_sku(cash="5.00")
    set_rule("orders_device", bound=3)
    set_rule("orders_network", bound=2, mode="shadow")
    members = [MemberFactory() for _number in range(3)]
    for member in members[:2]:
        for _twice in range(2):  # one member's orders are one member
            ordered(member, sku=sku, device="till", network="shop")
    few = velocity.watch_orders()
    ordered(members[2], sku=sku, device="till", network="elsewhere")

    assert (few, velocity.watch_orders(), velocity.watch_orders()) == (1, 1, 0)
    case = RiskCase.objects.get()
    assert (case.kind, case.scope, case.evidence["count"]) == ("device", "none", 3)
    assert sorted(case.evidence["members"]) == [member.pk for member in members]
    assert "3" in in_words(case.evidence)
    held = RiskSighting.objects.order_by("code").values_list("code", "is_shadow", "count")
    assert list(held) == [("orders_device", False, 3), ("orders_network", True, 2)]


def test_watch_refunds_when_half_goes_back_then_a_case_and_below_a_bound_none():
    sku = virtual_sku(cash="5.00")
    set_rule("refund_ratio", bound=2, percent=50, scope="earn")
    keen, fond = MemberFactory(), MemberFactory()
    for number in range(4):
        bought = ordered(keen, sku=sku), ordered(fond, sku=sku)
        for order in bought[: 1 + (number == 0)] if number < 2 else ():
            refund(order)

    assert (velocity.watch_refunds(), velocity.watch_refunds()) == (1, 0)
    case = RiskCase.objects.get()
    assert (case.account_id, case.kind, case.scope) == (keen.pk, "refunds", "earn")
    assert (case.evidence["count"], case.evidence["of"]) == (2, 4)
    assert keen.point_account.status == "review"


def test_forget_when_ninety_days_are_over_then_no_mark_is_left(noon):
    member = invited(None, "member")
    set_rule("orders_device", bound=1)
    ordered(member)
    velocity.watch_orders()
    noon.shift(timedelta(days=traces.DAYS_KEPT))
    kept = forget_traces()
    noon.shift(1)

    assert kept == {"members": 0, "orders": 0, "sightings": 0}
    assert forget_traces() == {"members": 1, "orders": 1, "sightings": 1}
    member = User.objects.get(pk=member.pk)
    order = Order.objects.get()
    marks = (member.joined_device, member.joined_network, order.device_mark, order.network_mark)
    assert marks == (None,) * 4
    assert (RiskCase.objects.count(), RiskSighting.objects.count()) == (1, 0)


def test_payer_when_a_provider_says_who_paid_then_the_first_name_it_has():
    told = {"buyer_open_id": "", "buyer_id": "2088", "payer": {"openid": "o-1"}}

    assert wording.payer(told, "buyer_open_id", "buyer_id") == "2088"
    assert wording.payer(told["payer"], "openid") == "o-1"
    assert wording.payer(None, "openid") == wording.payer({"openid": 5}, "openid") == ""
