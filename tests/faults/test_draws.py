"""T5 for draws and lots: a failure after each statement leaves all or nothing, and the same request
again draws once.
"""

import pytest
from django.db import connection

from catalog.models import CardKey
from mall import verification
from marketing.draws import programme
from marketing.models import Draw, DrawPrize, DrawTicket
from orders.flash import lottery, registration
from orders.models import Order, Registration
from points.models import Event, LedgerEntry, PointAccount
from tests.factories.draws import FIFTY, announced, pull
from tests.factories.flash import item, session
from tests.factories.orders import give_points, key_sku
from tests.faults.test_orders import MOST_STATEMENTS, FailAfter, Struck

pytestmark = pytest.mark.django_db(transaction=True)


def world(member):
    account = PointAccount.objects.get(pk=member.pk)
    return (
        (account.available, account.held, account.seq, account.told),
        list(Draw.objects.order_by("pk").values_list("drawn", flat=True)),
        list(DrawPrize.objects.order_by("pk").values_list("drawn", flat=True)),
        list(CardKey.objects.order_by("pk").values_list("state", flat=True)),
        list(Registration.objects.order_by("pk").values_list("state", "rank")),
        [model.objects.count() for model in (DrawTicket, Order, LedgerEntry, Event)],
    )


@pytest.mark.parametrize("kind", ["points", "key"])
def test_draw_when_a_failure_follows_each_statement_then_all_or_nothing_and_once(member, kind):
    give_points(member, 5000)
    prize = {**FIFTY, "weight": 999_999, "stock": 60}
    if kind == "key":
        prize = {"kind": "key", "sku": key_sku(keys=60, points=10), "weight": 999_999, "stock": 60}
    draw = announced(prize, {"kind": "thanks", "weight": 1}, free_per_day=0, price_points=10)
    for n in range(1, MOST_STATEMENTS):
        strike, before = FailAfter(n), world(member)
        try:
            with connection.execute_wrapper(strike):
                pull(member, draw, key=f"key-{n}", points=10)
        except Struck:
            assert world(member) == before
            pull(member, draw, key=f"key-{n}", points=10)
        assert DrawTicket.objects.filter(once=f"key-{n}").count() == 1
        if strike.seen < n:
            break
    else:
        pytest.fail("the verb never ended")

    assert 10 < n == Draw.objects.get().drawn == DrawPrize.objects.get(position=1).drawn
    programme.settle_due(draw.ends_at)
    assert verification.verify() == []


def test_carry_on_when_a_failure_follows_each_statement_then_the_same_lots_win(member):
    give_points(member, 5000)
    wanted = item(of=session(by_lot=True), stock=1, points=10)
    registration.register(member, item=wanted.pk)
    available = PointAccount.objects.get(pk=member.pk).available
    for n in range(1, MOST_STATEMENTS):
        strike = FailAfter(n)
        try:
            with connection.execute_wrapper(strike):
                lottery.carry_on(wanted.session.ends_at)
            break
        except Struck:
            held = PointAccount.objects.get(pk=member.pk)
            orders = Order.objects.count()
            assert (held.available, held.held, orders) in ((available, 10, 0), (available, 0, 1))
    else:
        pytest.fail("the verb never ended")

    assert Registration.objects.get().state == "won"
    assert Order.objects.get().points == 10
    assert verification.verify() == []
