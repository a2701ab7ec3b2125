"""T7 for draws and lots: kill -9 of a real process in the middle; after it the same request draws
once, and lots go on to the same end. Nothing is lost, nothing is there twice, no lock is left.
"""

import json

import pytest

from mall import verification
from marketing.draws import programme
from marketing.models import DrawTicket
from orders.flash import lottery, registration
from orders.models import FlashClaim, Order, Registration
from points.models import LedgerEntry, PointAccount
from tests.factories.draws import FIFTY, announced, pull
from tests.factories.flash import item, session
from tests.factories.orders import give_points, key_sku
from tests.factories.points import member_with
from tests.faults.test_killed import Zygote, is_gone
from tests.waiting import eventually

pytestmark = [pytest.mark.mariadb, pytest.mark.own_servers, pytest.mark.django_db(transaction=True)]
MOST_STATEMENTS = 150


@pytest.fixture
def drawers(environment_of_test, tmp_path):
    """The process that forks what is to be killed."""
    with (tmp_path / "drawers.log").open("wb") as log:
        made = Zygote(environment_of_test, log, "tests.faults.drawer")
        yield made
        made.stop()


def died(drawers, **asked) -> bool:
    """Let a child do what is asked; say whether it was killed before it had done it."""
    pid = drawers.ask(asked["name"], json.dumps(asked))
    assert eventually(lambda: is_gone(pid), pause=0.005)
    return f"{asked['name']} done" not in drawers.said


@pytest.mark.parametrize("kind", ["points", "key"])
def test_draw_when_the_process_is_killed_at_each_statement_then_the_request_again_draws_once(
    drawers, kind
):
    member = member_with(5_000)
    prize = {**FIFTY, "weight": 999_999, "stock": 200}
    if kind == "key":
        prize |= {"kind": "key", "sku": key_sku(keys=200, points=10), "points": 0}
    draw = announced(prize, {"kind": "thanks", "weight": 1}, free_per_day=0, price_points=10)

    for n in range(1, MOST_STATEMENTS):
        key, before = f"key-{n}", LedgerEntry.objects.filter(account_id=member.pk).count()
        was_killed = died(
            drawers, name=f"{kind}{n}", dies_at=n, ticket=[member.pk, draw.code, key, 10]
        )
        drawn = DrawTicket.objects.filter(once=key, number__isnull=False).count()
        entries = LedgerEntry.objects.filter(account_id=member.pk).count() - before
        assert (drawn, entries > 0) in ((0, False), (1, True))  # whole or absent
        ticket = pull(member, draw, key=key, points=10)  # Busy if a lock were left
        assert DrawTicket.objects.filter(once=key).get().number == ticket.number == n
        if not was_killed:
            break
    else:
        pytest.fail("the verb never ended")

    assert n > 10
    won = DrawTicket.objects.filter(draw=draw, prize__position=1).count()
    paid = 50 * won if kind == "points" else 0
    assert PointAccount.objects.get(pk=member.pk).available == 5_000 - 10 * n + paid
    programme.settle_due(draw.ends_at)
    assert verification.verify() == []


def test_carry_on_when_the_process_is_killed_again_and_again_then_lots_end_as_promised(drawers):
    wanted = item(of=session(by_lot=True), stock=2, points=30)
    racers = [member_with(100) for _ in range(5)]
    for user in racers:
        give_points(user, 1)
        registration.register(user, item=wanted.pk)
    had = {user.pk: PointAccount.objects.get(pk=user.pk).available for user in racers}
    as_of, ranks = wanted.session.ends_at.isoformat(), {}

    for n in range(1, MOST_STATEMENTS):
        was_killed = died(drawers, name=f"lots{n}", dies_at=n, lots=as_of)
        found = dict(Registration.objects.values_list("number", "rank"))
        assert set(found.values()) == {None} or sorted(found.values()) == [1, 2, 3, 4, 5]
        assert not any(ranks.values()) or found == ranks  # drawn once, and never anew
        ranks = found
        assert Order.objects.count() == Registration.objects.filter(state="won").count()
        if not was_killed:
            break
    else:
        pytest.fail("the lots never ended")

    assert n > 10 and lottery.carry_on(wanted.session.ends_at) == 0
    assert (
        sorted(Registration.objects.values_list("state", flat=True)) == ["lost"] * 3 + ["won"] * 2
    )
    assert FlashClaim.objects.filter(item=wanted).count() == 2
    for one in Registration.objects.all():
        account = PointAccount.objects.get(pk=one.user_id)
        back = 30 if one.state == "lost" else 0
        assert (account.available, account.held) == (had[one.user_id] + back, 0)
    assert verification.verify() == []
