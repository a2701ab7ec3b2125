"""Many hands at one wheel. On real MariaDB, with the server's deadlock counter read.

Source: issue 10 ("20 parallel draws on one prize → one"); docs/reliability.md T0, T4.
"""

from collections import Counter
from types import SimpleNamespace

import pytest

from mall.core import rows
from marketing.draws import drawing, prizes, programme
from marketing.draws.errors import DrawLimitReached, NoTicket
from marketing.models import Draw, DrawPrize, DrawTicket
from orders.models import Order
from points import budgets
from tests.factories.draws import FIFTY, announced, pull
from tests.factories.orders import address_of, give_points, physical_sku
from tests.races.test_checkout import members, patiently, raised

pytestmark = [
    pytest.mark.mariadb,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("closed_books"),
]
SURE, RARE = {"weight": 999_999}, {"kind": "thanks", "weight": 1}


def won(outcomes, kind="points") -> int:
    """Count the tickets that won a kind; an error nobody expects ends the test."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return sum(ticket.prize.kind == kind for ticket in outcomes)


def test_draw_when_20_members_draw_at_once_for_one_prize_then_one_wins_it(run_threads):
    racers = members(20)
    draw = announced({**FIFTY, **SURE, "stock": 1}, RARE)

    outcomes = run_threads(20, lambda n: patiently(lambda: pull(racers[n], draw)))

    assert won(outcomes) == DrawPrize.objects.get(draw=draw, kind="points").drawn == 1
    numbers = DrawTicket.objects.filter(draw=draw).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, 21))
    # the seed is revealed, and every ticket is worked out again (closed_books)
    programme.settle_due(draw.ends_at)


class Unlocked:
    """Draws that are read and not locked: what the draw's lock is there to prevent."""

    def __init__(self, found):
        self._found = found

    def __getattr__(self, name):
        return getattr(self._found, name)

    def select_for_update(self):
        return self._found


def test_harness_when_the_draws_lock_is_off_then_the_race_is_seen(run_threads, monkeypatch):
    """T0: without it two tickets get one number, and only the unique key stands in the way."""
    racers = members(16)
    draw = announced({**FIFTY, **SURE, "stock": 1}, RARE)
    unlocked = SimpleNamespace(objects=Unlocked(Draw.objects), Status=Draw.Status)
    monkeypatch.setattr(drawing, "Draw", unlocked)

    outcomes = run_threads(16, lambda n: pull(racers[n], draw))

    assert [one for one in outcomes if isinstance(one, BaseException)]


def test_draw_when_64_threads_draw_then_stock_budget_and_goods_are_exact(run_threads):
    racers, sku = members(64), physical_sku(points=500, stock=20)
    draw = announced(
        {"kind": "goods", "sku": sku, "stock": 12, "weight": 300},
        {**FIFTY, "weight": 300, "stock": None},
        {**FIFTY, "points": 10, "weight": 300, "stock": 9},
        {"kind": "thanks", "weight": 100},
        free_per_day=3,
    )
    budgets.set_up(draw.reference, 240)
    for user in racers[:40]:
        address_of(user)

    def play(number):
        user = racers[number]
        tickets = [patiently(lambda: pull(user, draw)) for _ in range(3)]
        for ticket in tickets:
            if ticket.prize.kind == "goods" and number < 40:
                prizes.claim(user, draw.code, ticket.number)
        return tickets

    outcomes = run_threads(64, play)

    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    goods, fifties, tens, _thanks = draw.prizes.order_by("position")
    points = fifties.drawn * 50 + tens.drawn * 10
    assert (goods.drawn, tens.drawn <= 9, 200 <= points <= 240) == (12, True, True)
    assert budgets.Budget.objects.get(code=draw.reference).taken == points
    claimed = DrawTicket.objects.filter(draw=draw, order__isnull=False).count()
    assert Order.objects.filter(key__startswith="gift:").count() == claimed > 0
    programme.settle_due(draw.ends_at)
    sku.stock.refresh_from_db()
    assert sku.stock.quantity == 8


def test_draw_when_one_member_draws_at_once_then_limit_and_free_tickets_hold(member, run_threads):
    draw = announced(RARE, FIFTY, free_per_day=3, draws_per_day=5, price_points=10)
    give_points(member, 1000)

    outcomes = run_threads(
        20, lambda n: patiently(lambda: pull(member, draw, points=10 if n % 2 else 0))
    )

    drawn = Counter(DrawTicket.objects.values_list("source", flat=True))
    assert drawn["free"] == 3
    assert drawn["bought"] <= 2
    refused = len(raised(outcomes, DrawLimitReached)) + len(raised(outcomes, NoTicket))
    assert sum(drawn.values()) + refused == 20


def test_draw_when_one_key_is_sent_32_times_then_one_ticket_answers_all(member, run_threads):
    draw = announced(price_points=10, free_per_day=0)
    give_points(member, 1000)

    outcomes = run_threads(
        32, lambda: patiently(lambda: pull(member, draw, key="one-key", points=10))
    )

    assert {ticket.number for ticket in outcomes} == {1}
    assert sum(not ticket.replayed for ticket in outcomes) == 1
    assert rows.find(rows.Wanted(DrawTicket, {"user_id": member.pk})).price_points == 10
