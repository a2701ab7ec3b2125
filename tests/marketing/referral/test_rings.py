"""Rings: what looks like one person is held, in words; neighbours of no ring are paid; a rule in
the shadow only says what it would have held.
"""

from datetime import UTC, datetime

import pytest
import time_machine
from django.utils import translation

from mall.core import clock
from marketing.models import Referral
from marketing.referral import admin, board, referrals
from orders.models import Order, Payment
from orders.payments import cash_in
from orders.payments.gateways import sandbox
from points import event_delivery, sightings, velocity
from points.models import LedgerEntry, PointAccount, RiskCase, RiskRule, RiskSighting
from tests.factories.accounts import MemberFactory
from tests.factories.orders import address_of, physical_sku, place, received, virtual_sku
from tests.factories.referrals import arrived, invited, settle_when_over

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def paid():
    return LedgerEntry.objects.filter(rule__in=("referral", "referred")).count()


def signs(user):
    row = Referral.objects.get(invitee=user)
    return {one["code"]: (one["count"], one["inviter"]) for one in row.signs}


def set_rule(code, **words):
    rule = RiskRule.objects.get(code=code)
    for name, value in words.items():
        setattr(rule, name, value)
    rule.save()


def test_settle_when_ten_invite_each_other_on_one_device_then_none_is_paid():
    ring = [invited(None, "head", device="phone", network="house")]
    for number in range(10):
        ring.append(invited(ring[-1], f"arm{number}", device="phone", network="house"))
        arrived(ring[-1], device="phone", network="house")
    settle_when_over()

    assert paid() == 0
    assert set(Referral.objects.values_list("status", "reason")) == {("held", "ring")}
    assert signs(ring[1]) == {"ring_device": (1, True), "ring_network": (1, True)}
    with translation.override("en"):
        (line,) = board.shown(list(board.of(ring[0])))
        sentence = admin.signs_of(Referral.objects.get(invitee=ring[1]))[0]
    assert (line.state, "colleague" in line.words) == ("held", True)
    assert sentence.endswith("One of them is the inviter.")


def test_settle_when_the_invited_share_a_street_a_phone_or_a_payer_then_held():
    inviter = MemberFactory()
    goods = physical_sku(cash="30.00")
    neighbours = [invited(inviter, name) for name in ("left", "right")]
    for friend in neighbours:
        arrived(friend, sku=goods, address=address_of(friend).pk)
    payers = [invited(inviter, name) for name in ("uncle", "aunt")]
    for friend in payers:
        order = place(friend, virtual_sku(cash="9.00"))
        notice = sandbox.write_notice(cash_in.start(order, "sandbox"), "paid", payer="2088-1")
        cash_in.receive_notice("sandbox", *notice)
        received(Order.objects.get(pk=order.pk))
    alone = invited(inviter, "alone")
    arrived(alone)
    event_delivery.deliver_due()
    settle_when_over()

    assert [signs(friend) for friend in neighbours] == [{"ring_address": (1, False)}] * 2
    assert [signs(friend) for friend in payers] == [{"ring_payer": (1, False)}] * 2
    assert Referral.objects.get(invitee=alone).status == "paid"
    assert len(set(Payment.objects.filter(order__user__in=payers).values_list("payer_mark"))) == 1


def test_settle_when_a_rule_is_in_the_shadow_then_paid_and_counted():
    set_rule("ring_network", mode="shadow")
    set_rule("ring_device", bound=2)
    inviter = invited(None, "inviter", device="tablet", network="house")
    friend = invited(inviter, "friend", device="tablet", network="house")
    arrived(friend)
    settle_when_over()

    assert Referral.objects.get().status == "paid"
    assert sightings.counts() == {"ring_network": (0, 1)}
    assert RiskSighting.objects.get().seen["members"] == [inviter.pk]


def test_watch_when_two_hundred_sign_up_from_one_network_in_an_hour_then_flagged_not_frozen():
    inviter = MemberFactory()
    for number in range(60):
        with time_machine.travel(NOON.timestamp() + number * 50, tick=False):
            invited(inviter if number == 59 else None, f"guest{number}", network="school")
    guests = Referral.objects.get().invitee
    arrived(guests)

    assert [velocity.watch_sign_ups(clock.now()), velocity.watch_sign_ups(clock.now())] == [0, 0]
    with time_machine.travel(NOON.timestamp() + 4_000, tick=False):
        assert [velocity.watch_sign_ups(), velocity.watch_sign_ups()] == [1, 0]
    case = RiskCase.objects.get()
    assert (case.kind, case.scope, case.evidence["count"]) == ("network", "none", 60)
    assert set(PointAccount.objects.values_list("status", flat=True)) == {"active"}
    settle_when_over()
    assert signs(guests) == {"sign_ups_network": (60, False)}


def test_watch_when_few_sign_up_or_over_a_day_or_the_rule_is_off_then_nothing():
    set_rule("sign_ups_network", bound=3)
    for number in range(4):
        with time_machine.travel(NOON.timestamp() + number * 3_000, tick=False):
            invited(None, f"guest{number}", network="cafe", device="")
    later = datetime.fromtimestamp(NOON.timestamp() + 12_000, UTC)

    assert velocity.watch_sign_ups(later) == 0
    set_rule("sign_ups_network", bound=2)
    set_rule("sign_ups_network", mode="off")
    assert velocity.watch_sign_ups(later) == 0
    set_rule("sign_ups_network", mode="shadow")
    assert velocity.watch_sign_ups(later) == 1
    assert (RiskCase.objects.count(), RiskSighting.objects.get().is_shadow) == (0, True)
    assert referrals.settle_due() == 0
