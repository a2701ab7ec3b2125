"""Drawing tickets: what is won, how often one may draw, what it costs, and what repeats."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from catalog.models import CardKey
from mall.core import clock
from mall.verification import verify
from marketing.draws import board, goods, prizes, programme, tickets
from marketing.draws.errors import (
    ClaimOver,
    DrawLimitReached,
    DrawNotReady,
    DrawNotStarted,
    DrawOver,
    NoSuchDraw,
    NoSuchPrize,
    NoTicket,
    TicketUsed,
)
from marketing.models import DrawPrize, DrawTicket, Notification
from orders import lifecycle
from orders.errors import AddressNeeded, IdempotencyConflict, InvalidKey, NotForSale
from orders.models import Coupon, CouponTemplate, Order
from points import budgets, event_delivery, ledger
from points.errors import AccountFrozen, InsufficientPoints
from points.models import Event, Grant, LedgerEntry, PointAccount
from tests.factories.coupons import template
from tests.factories.draws import FIFTY, announced, draft, pull, ticket_sku
from tests.factories.orders import address_of, give_points, key_sku, physical_sku, place

SURE = {"weight": 999_999}
CHANCELESS = {"kind": "thanks", "weight": 1}


def test_draw_when_points_are_won_then_they_arrive_at_once_and_the_books_close(member):
    draw = announced({**FIFTY, **SURE}, CHANCELESS)
    before = PointAccount.objects.get(pk=member.pk).available

    ticket = pull(member, draw, key="a-key")

    entry = LedgerEntry.objects.get(account=member.pk, key=f"draw:{draw.code}:1")
    assert (entry.delta, entry.reference) == (50, f"draw:{draw.code}:1")
    assert PointAccount.objects.get(pk=member.pk).available == before + 50
    assert (ticket.number, ticket.source, ticket.prize.kind, ticket.gone) == (
        1,
        "free",
        "points",
        [],
    )
    assert DrawPrize.objects.get(pk=ticket.prize_id).drawn == 1
    told = Event.objects.get(kind="ticket_drawn")
    assert (told.reference, told.data["kind"]) == (f"draw:{draw.code}:1", "points")
    assert verify() == []


def test_draw_when_the_key_comes_again_then_the_same_ticket_answers_also_after_the_end(
    member, other_member
):
    draw, another = announced(), announced()
    first = pull(member, draw, key="a-key")
    programme.call_off(draw, actor="staff:1", reason={"zh-hans": "over", "en": "over"})

    again = pull(member, draw, key="a-key")

    assert (again.pk, again.replayed) == (first.pk, True)
    with pytest.raises(IdempotencyConflict):
        pull(member, another, key="a-key")
    with pytest.raises(InvalidKey):
        pull(member, another, key="a key")
    assert pull(other_member, another, key="a-key").number == 1


def test_draw_when_tickets_are_used_up_then_free_given_and_bought_ones_come_in_this_order(member):
    draw = announced(CHANCELESS, {**FIFTY, "weight": 1}, price_points=30, draws_per_day=3)
    tickets.give(member.pk, draw.pk, ["mission:x:once:ticket:1"], "mission")
    give_points(member, 100)
    standing = tickets.standing_of(member.pk, [draw], clock.today())[draw.pk]
    assert (standing.free, standing.given, standing.tickets) == (1, 1, 2)

    sources = [pull(member, draw).source, pull(member, draw).source]
    with pytest.raises(NoTicket) as refusal:
        pull(member, draw, points=29)
    bought = pull(member, draw, points=30)

    assert (sources, bought.source, bought.price_points) == (["free", "mission"], "bought", 30)
    assert refusal.value.numbers == {"price": 30}
    spent = LedgerEntry.objects.get(account=member.pk, key=f"draw:{draw.code}:3:spend")
    assert spent.delta == -30
    with pytest.raises(DrawLimitReached):
        pull(member, draw, points=30)


def test_draw_when_it_is_not_open_or_the_member_may_not_then_nothing_happens(member):
    soon = announced(starts_in=timedelta(hours=1))
    over = announced(lasts=timedelta(hours=1))
    dear = announced(free_per_day=0, price_points=90_000)
    hidden = draft()

    for draw, refusal, points in (
        (soon, DrawNotStarted, 0),
        (hidden, NoSuchDraw, 0),
        (dear, NoTicket, 0),
        (dear, InsufficientPoints, 90_000),
    ):
        with pytest.raises(refusal):
            pull(member, draw, points=points)
    with clock.at(clock.now() + timedelta(hours=1)), pytest.raises(DrawOver):
        pull(member, over)
    revealed = announced()
    programme.settle_due(revealed.ends_at)  # while somebody waits for the lock
    with pytest.raises(DrawOver):
        pull(member, revealed)
    over = announced()
    ledger.freeze(member.pk, note="a case", scope="earn")
    with pytest.raises(AccountFrozen):
        pull(member, over)
    assert not DrawTicket.objects.exists()
    assert not DrawPrize.objects.filter(drawn__gt=0).exists()


def test_draw_when_a_prize_is_gone_its_budget_out_or_its_coupon_ended_then_thanks_instead(member):
    coupon = template(total=1)
    draw = announced(
        {"kind": "coupon", "coupon": coupon, "stock": 1, "weight": 400_000},
        {**FIFTY, "weight": 400_000, "stock": 3},
        CHANCELESS,
        free_per_day=40,
    )
    budgets.set_up(draw.reference, 60)

    drawn = [pull(member, draw) for _ in range(30)]

    kinds = [ticket.prize.kind for ticket in drawn]
    assert (kinds.count("coupon"), kinds.count("points"), kinds.count("thanks")) == (1, 1, 28)
    assert Coupon.objects.get(user=member).key == drawn[kinds.index("coupon")].reference
    # what is told of each ticket says which prizes were gone when it was drawn
    assert drawn[0].gone == []
    assert drawn[-1].gone in ([1], [1, 2])
    assert {no for ticket in drawn for no in ticket.gone} == {1, 2}
    programme.settle_due(draw.ends_at)
    assert verify() == []


@pytest.mark.parametrize(
    ("stocks", "words"),
    [((6, 4), None), ((6, 5), "fewer are left"), ((1, None), "only so many"), ((11,), "fewer")],
)
def test_announce_when_prizes_share_a_coupon_then_no_more_are_promised_than_are_left(
    stocks, words, db
):
    coupon = template(total=12, name_en="Five off")
    CouponTemplate.objects.filter(pk=coupon.pk).update(issued=2)
    lines = [{"kind": "coupon", "coupon": coupon, "stock": n, "weight": 5} for n in stocks]
    draw = draft(*lines, {"kind": "thanks", "weight": 90})

    with override("en"):
        if words is None:
            assert programme.announce(draw, actor="staff:1").announced_at
        else:
            with pytest.raises(DrawNotReady, match=words):
                programme.announce(draw, actor="staff:1")
    free = draft({"kind": "coupon", "coupon": template(), "stock": None, "weight": 5})
    assert programme.announce(free, actor="staff:1").announced_at


def test_draw_when_a_member_had_no_luck_then_the_next_ticket_wins_a_marked_prize(
    member, other_member
):
    lucky = {**FIFTY, "weight": 1, "is_pity": True, "stock": 2}
    draw = announced({"kind": "thanks", "weight": 999_000}, lucky, pity_after=3, free_per_day=20)

    drawn = [pull(member, draw).prize.kind for _ in range(9)]

    assert drawn == ["thanks"] * 3 + ["points"] + ["thanks"] * 3 + ["points", "thanks"]
    # both marked prizes are gone: nobody is sure to win any more, and the chances are the usual
    more = [pull(member, draw) for _ in range(4)]
    assert [(one.prize.kind, one.misses, one.gone) for one in more] == [
        ("thanks", misses, [2]) for misses in (1, 2, 3, 4)
    ]
    assert pull(other_member, draw).misses == 0
    assert board.one(draw.code, member).sure_in == 0


# --- goods --------------------------------------------------------------------------
def test_claim_when_goods_are_won_then_an_order_that_costs_nothing_brings_them(member):
    sku = physical_sku(points=500, stock=5)
    goods_prize = {"kind": "goods", "sku": sku, "stock": 3, **SURE}
    draw = announced(goods_prize, CHANCELESS, free_per_day=2)
    ticket = pull(member, draw)
    assert (ticket.waits_for_address, ticket.order_id) == (True, None)
    with pytest.raises(AddressNeeded):
        prizes.claim(member, draw.code, ticket.number)
    with pytest.raises(NoSuchPrize):
        prizes.claim(member, draw.code, 99)
    event_delivery.deliver(member.pk)
    notice = Notification.objects.get(user=member, kind="prize_waiting")
    assert notice.url == f"{draw.get_absolute_url()}tickets/1/"
    address_of(member)

    order = prizes.claim(member, draw.code, ticket.number)

    assert prizes.claim(member, draw.code, ticket.number) == order
    assert (order.status, order.points, order.cash, order.freight) == ("paid", 0, 0, 0)
    assert (order.is_gift, order.address["recipient"]) == (True, "李雷")
    assert verify() == []
    event_delivery.deliver(member.pk)
    assert not Grant.objects.filter(account=member.pk).exists()  # a gift is no purchase
    # the member gives it back: it is on the shelf, and what was never won comes there at the end
    lifecycle.cancel(order, actor=f"member:{member.pk}")
    programme.settle_due(draw.ends_at)
    sku.stock.refresh_from_db()
    assert sku.stock.quantity == 5
    assert verify() == []


def test_settle_due_when_nobody_asked_for_a_prize_in_time_then_it_is_back_on_the_shelf(member):
    sku = physical_sku(points=500, stock=5)
    draw = announced({"kind": "goods", "sku": sku, "stock": 3, **SURE}, CHANCELESS)
    ticket = pull(member, draw)
    address_of(member)

    revealed = programme.settle_due(draw.ends_at)
    sku.stock.refresh_from_db()
    left = sku.stock.quantity
    with clock.at(draw.claimable_until):
        with pytest.raises(ClaimOver):
            prizes.claim(member, draw.code, ticket.number)
        closed = [programme.settle_due(clock.now()) for _ in range(2)]

    assert (revealed, left, closed) == (1, 4, [1, 0])
    sku.stock.refresh_from_db()
    assert sku.stock.quantity == 5
    assert verify() == []


def test_draw_when_a_card_key_is_won_then_it_is_there_at_once(member):
    sku = key_sku(keys=2, points=100)
    draw = announced({"kind": "key", "sku": sku, "stock": 2, **SURE}, CHANCELESS, free_per_day=2)

    won = [pull(member, draw), pull(member, draw)]

    assert [ticket.order.status for ticket in won] == ["completed", "completed"]
    assert set(CardKey.objects.filter(sku=sku).values_list("state", flat=True)) == {"issued"}
    assert verify() == []


# --- tickets as goods ------------------------------------------------------------------
def test_place_when_tickets_are_ordered_then_each_piece_gives_one_and_unused_ones_come_back(
    member,
):
    draw = announced(CHANCELESS, FIFTY, free_per_day=0)
    sku = ticket_sku(draw)
    give_points(member, 500)

    order = place(member, sku, quantity=3)

    assert Order.objects.get(pk=order.pk).status == "completed"
    assert DrawTicket.objects.filter(user=member, source="goods", number=None).count() == 3
    assert verify() == []
    assert pull(member, draw).source == "goods"
    line = order.lines.get()
    with pytest.raises(TicketUsed):
        goods.check_unused(order, {line.pk: 3})
    goods.check_unused(order, {line.pk: 2})
    goods.take_back(order, line.pk, 2)
    with pytest.raises(NoTicket):
        pull(member, draw)


def test_place_when_the_draw_is_over_then_its_tickets_cannot_be_had(member):
    draw = announced()
    sku = ticket_sku(draw)
    give_points(member, 500)
    programme.call_off(draw, actor="staff:1", reason={"zh-hans": "over", "en": "over"})

    with pytest.raises(Exception) as refusal:
        place(member, sku)

    assert refusal.value.code == NotForSale.code
    assert goods.lacking(sku.product) != ""
