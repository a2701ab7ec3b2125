"""A flash session that is drawn by lot: registered with points held, withdrawn, drawn, settled."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.closing import LEAVING
from accounts.models import Address
from mall.core import clock
from mall.verification import verify
from marketing.models import Notification
from marketing.notices.wording import worded
from orders.errors import FlashNotReady, FlashNotStarted, FlashOver
from orders.flash import lottery, registration
from orders.flash import sessions as flash_sessions
from orders.flash.lottery_errors import DrawnByLot, NotDrawnByLot, NotRegistered
from orders.models import FlashClaim, Lottery, Order, Registration
from points import event_delivery, expiry, ledger
from points.errors import InsufficientPoints
from points.models import LedgerEntry, PointAccount
from tests.factories.accounts import MemberFactory
from tests.factories.flash import announce, grab, item, session
from tests.factories.orders import address_of, give_points, physical_sku

pytestmark = pytest.mark.django_db
WAITING, WON, LOST = "waiting", "won", "lost"
WHY = {"zh-hans": "奖品受潮，抱歉。", "en": "The goods got wet. We are sorry."}


def lot_item(**words):
    """An announced item whose pieces are drawn by lot."""
    return item(of=session(by_lot=True), **{"stock": 2, "points": 30, **words})


def registered(wanted, number, *, points=100):
    """So many members, each registered for a piece."""
    made = [MemberFactory() for _ in range(number)]
    for user in made:
        ledger.open_account(user.pk)
        give_points(user, points)
        registration.register(user, item=wanted.pk)
    return made


def purse(user):
    account = PointAccount.objects.get(pk=user.pk)
    return account.available, account.held


def test_register_when_a_session_runs_then_points_are_held_and_free_again_once_withdrawn(member):
    wanted = lot_item()
    give_points(member, 50)
    before = purse(member)

    first = registration.register(member, item=wanted.pk)
    again = registration.register(member, item=wanted.pk)

    assert (first.number, again.pk, again.replayed) == (1, first.pk, True)
    assert purse(member) == (before[0] - 30, 30)
    assert verify() == []
    assert registration.withdraw(member, item=wanted.pk).state == "withdrawn"
    assert purse(member) == before
    with pytest.raises(NotRegistered):
        registration.withdraw(member, item=wanted.pk)
    assert registration.register(member, item=wanted.pk).number == 2
    assert verify() == []


def test_register_when_it_cannot_be_then_it_is_refused_and_nothing_is_held(member):
    wanted, usual = lot_item(points=5000), item()
    soon = item(of=session(by_lot=True, starts_in=timedelta(hours=1)))

    for asked, refusal in (
        (wanted, InsufficientPoints),
        (usual, NotDrawnByLot),
        (soon, FlashNotStarted),
    ):
        with pytest.raises(refusal):
            registration.register(member, item=asked.pk)
    with pytest.raises(DrawnByLot):
        grab(member, wanted)
    with clock.at(wanted.session.ends_at), pytest.raises(FlashOver):
        registration.register(member, item=wanted.pk)
    cheap = lot_item(points=1)
    lottery.draw(cheap.session_id, clock.now())  # the lots are drawn a moment before the end
    with pytest.raises(FlashOver):
        registration.register(member, item=cheap.pk)
    with pytest.raises(FlashNotReady, match="只能用积分"):
        announce(item(of=session(by_lot=True), cash="5.00", announced=False).session)
    assert Registration.objects.filter(item=wanted).count() == 0


def test_carry_on_when_lots_are_drawn_then_winners_have_orders_and_losers_their_points(member):
    wanted = lot_item()
    racers = registered(wanted, 7)
    registration.withdraw(racers[3], item=wanted.pk)
    assert lottery.carry_on(clock.now()) == 0  # it still runs

    settled = [lottery.carry_on(wanted.session.ends_at) for _ in range(2)]

    assert settled == [6, 0]
    states = [one.state for one in Registration.objects.filter(withdrawn=0).order_by("rank")]
    assert states == [WON, WON, LOST, LOST, LOST, LOST]
    winners = Registration.objects.filter(state=WON)
    assert {one.order.status for one in winners} == {"paid"}
    for user in racers:
        won = winners.filter(user=user).exists()
        assert purse(user) == ((170 if won else 200), 0)  # with what registering brought
    assert FlashClaim.objects.filter(item=wanted).count() == 2
    for user in racers:
        event_delivery.deliver(user.pk)
    told = Notification.objects.filter(kind="lot_lost")
    assert set(told.values_list("user_id", flat=True)) == {
        one.user_id for one in Registration.objects.filter(state=LOST)
    }
    assert told[0].params["points"] == 30
    assert flash_sessions.settle_due(wanted.session.ends_at) == 1
    assert verify() == []


@pytest.mark.parametrize("ends_in", [timedelta(hours=1), timedelta(days=2)])
def test_carry_on_when_the_points_end_meanwhile_then_winners_pay_with_them_and_losers_keep_them(
    ends_in, member
):
    with time_machine.travel(datetime(2026, 11, 30, 15, 30, tzinfo=UTC), tick=False):  # 23:30
        today = clock.today()
        shown = session(by_lot=True, lasts=ends_in)
        over = shown.ends_at
        wanted = item(of=shown, stock=1, points=30)
        racers = [MemberFactory() for _ in range(3)]
        for user in racers:
            ledger.open_account(user.pk)
            ledger.accrue(user.pk, points=30, key="ends", expires_on=today)
            registration.register(user, item=wanted.pk)
        registration.withdraw(racers[2], item=wanted.pk)  # their own wish: the day stays
    with time_machine.travel(over, tick=False):
        expiry.expire_due()

        assert lottery.carry_on(over) == 2

        states = {one.user_id: one.state for one in Registration.objects.filter(withdrawn=0)}
        assert sorted(states.values()) == [LOST, WON]
        for user in racers[:2]:
            lots = PointAccount.objects.get(pk=user.pk).lots
            grace = (clock.today() + timedelta(days=30)).isoformat()
            ending = [points for day, points in lots if day == grace]
            assert ending == ([30] if states[user.pk] == LOST else [])
        assert purse(racers[2])[1] == 0
        assert (
            not LedgerEntry.objects.filter(kind="expire").exclude(account_id=racers[2].pk).exists()
        )
        assert verify() == []


def test_carry_on_when_it_is_cut_off_in_the_middle_then_it_goes_on_to_the_same_end(monkeypatch):
    wanted = lot_item(stock=3)
    registered(wanted, 8)
    settle, calls = lottery._settle, []

    def cut_off(one, as_of):
        if len(calls) == 4:
            raise KeyboardInterrupt
        calls.append(one.number)
        return settle(one, as_of)

    monkeypatch.setattr(lottery, "_settle", cut_off)
    with pytest.raises(KeyboardInterrupt):
        lottery.carry_on(wanted.session.ends_at)
    ranks = dict(Registration.objects.values_list("number", "rank"))
    monkeypatch.undo()

    assert lottery.carry_on(wanted.session.ends_at) == 4

    assert dict(Registration.objects.values_list("number", "rank")) == ranks
    assert Registration.objects.filter(state=WON, rank__lte=3).count() == 3
    assert Registration.objects.filter(state=LOST, rank__gt=3).count() == 5
    assert Lottery.objects.get().finished_at == wanted.session.ends_at
    assert verify() == []


@pytest.mark.long
def test_carry_on_when_200_registered_for_20_pieces_then_20_have_them():
    wanted = lot_item(stock=20)
    racers = registered(wanted, 200)

    lottery.carry_on(wanted.session.ends_at)

    assert Order.objects.filter(points=30, status="paid").count() == 20
    held = PointAccount.objects.filter(pk__in=[user.pk for user in racers])
    assert sum(held.values_list("held", flat=True)) == 0
    assert sum(held.values_list("available", flat=True)) == 200 * 200 - 20 * 30
    assert verify() == []


def test_call_off_when_members_have_registered_then_all_have_their_points(member):
    wanted = lot_item()
    give_points(member, 50)
    before = purse(member)
    registration.register(member, item=wanted.pk)
    told = [one for answer in LEAVING.ask(member) for one in answer]
    assert any(one.blocks for one in told)  # whoever leaves withdraws first

    flash_sessions.call_off(wanted.session, actor="staff:1", reason=WHY)
    lottery.carry_on(clock.now())

    assert purse(member) == before
    assert verify() == []


def test_call_off_when_members_have_registered_then_page_notice_and_api_say_why(
    signed_in, signed_in_api, member, other_member
):
    wanted = lot_item()
    give_points(member, 50)
    registration.register(member, item=wanted.pk)
    flash_sessions.call_off(wanted.session, actor="staff:1", reason=WHY)
    signed_in.cookies["mall_language"] = "en"

    pages = [signed_in.get(wanted.get_absolute_url()).content.decode()]
    lottery.carry_on(clock.now())
    event_delivery.deliver(member.pk)
    pages.append(signed_in.get(wanted.get_absolute_url()).content.decode())

    said = f"This session was called off. {WHY['en']}"
    assert f"{said} Your points come back within a minute." in pages[0]
    assert f"{said} Your points are back." in pages[1]
    assert not [text for text in pages if "by lot" in text or 'id="proof"' in text]
    notice = Notification.objects.get(kind="lot_lost")
    with translation.override("en"):
        words = worded(notice.kind, notice.params)
    with translation.override("zh-hans"):
        chinese = worded(notice.kind, notice.params)
    assert words.title == f"Called off, no lots are drawn: {wanted.sku.product.name_en}"
    assert words.text == f"{WHY['en']} Your 30 points are free again."
    assert chinese.text.startswith(WHY["zh-hans"])
    proof = f"/api/v1/flash/{wanted.pk}/lots"
    told = [
        signed_in_api.get(proof, HTTP_ACCEPT_LANGUAGE=language).json() for language in ("en", "zh")
    ]
    assert [one["cancellation_reason"] for one in told] == [WHY["en"], WHY["zh-hans"]]
    assert (told[0]["seed"], told[0]["winners"], told[0]["mine"]["won"]) == (None, None, None)
    signed_in.force_login(other_member)
    assert signed_in.get(wanted.get_absolute_url()).status_code == 404  # it was never theirs


def test_carry_on_when_a_winner_cannot_be_sent_it_then_points_and_piece_come_back(member):
    sku = physical_sku(points=100, stock=2)
    wanted = lot_item(sku=sku, shelf=2)
    give_points(member, 50)
    address_of(member)
    before = purse(member)
    registration.register(member, item=wanted.pk)
    Address.objects.filter(user=member).delete()

    lottery.carry_on(wanted.session.ends_at)
    flash_sessions.settle_due(wanted.session.ends_at)

    assert Registration.objects.get().state == "lapsed"
    assert purse(member) == before
    sku.stock.refresh_from_db()
    assert sku.stock.quantity == 2
    assert verify() == []


# --- doors ------------------------------------------------------------------------------
def test_page_when_somebody_registers_then_it_says_so_and_the_lines_check_the_lots(
    signed_in, signed_in_api, member, operator
):
    wanted = lot_item()
    give_points(member, 100)
    registered(wanted, 4)
    address = wanted.get_absolute_url()
    page = signed_in.get(address).content.decode()
    assert f'action="{address}registration/"' in page

    answer = signed_in.post(f"{address}registration/")

    assert (answer.status_code, answer["Location"]) == (302, address)
    page = signed_in.get(address).content.decode()
    assert (f'action="{address}withdrawal/"' in page, "data-flash-button" in page) == (True, False)
    api = f"/api/v1/flash/{wanted.pk}"
    assert signed_in_api.post(f"{api}/registration", {}, format="json").json()["number"] == 5
    assert signed_in_api.delete(f"{api}/registration").json()["state"] == "withdrawn"
    assert signed_in.post(f"{address}withdrawal/").status_code == 409
    again = signed_in_api.post(f"{api}/registration", {}, format="json")
    assert (again.status_code, again.json()["number"]) == (201, 6)
    assert signed_in_api.get(f"{api}/lots").json()["seed"] is None
    listed = signed_in_api.get("/api/v1/flash").json()["sessions"][0]["items"][0]
    assert (listed["by_lot"], listed["registered"], listed["state"]) == (True, 5, "registered")
    lottery.carry_on(wanted.session.ends_at)
    with clock.at(wanted.session.ends_at + timedelta(seconds=1)):
        page = signed_in.get(address).content.decode()
        proof = signed_in_api.get(f"{api}/lots")
    lines = unescape(re.search(r'<code id="check">(.*?)</code>', page, re.DOTALL)[1])
    assert len(lines.strip().split("\n")) <= 10
    assert checked(lines, proof.json()) == 0
    assert checked(lines, proof.json() | {"winners": [1, 2, 3]}) == 1
    signed_in.force_login(operator)
    assert signed_in.get("/admin/orders/registration/").status_code == 200


def test_page_when_it_is_sent_then_the_address_chosen_is_registered_and_the_end_says_its_day(
    signed_in, member
):
    give_points(member, 100)
    address_of(member)
    office = address_of(member)
    day_long = session(by_lot=True, lasts=timedelta(days=2))
    wanted = item(of=day_long, sku=physical_sku(points=90, stock=2), points=30, stock=2)
    address = wanted.get_absolute_url()
    signed_in.cookies["mall_language"] = "en"
    page = signed_in.get(address).content.decode()
    assert page.count('form="place"') == 2
    ends = date_format(localtime(day_long.ends_at), "F j H:i")
    assert f"2 pieces are drawn by lot at {ends}." in page

    signed_in.post(f"{address}registration/", {"address": office.pk})

    assert registration.of(member, wanted).address == office.pk
    assert "lots of “Morning session”" in signed_in.get("/points/").content.decode()
    lottery.carry_on(day_long.ends_at)
    with clock.at(day_long.ends_at + timedelta(seconds=1)):
        page = signed_in.get(address).content.decode()
    assert ("2 pieces went by lot at" in page, "data-flash-clock" in page) == (True, False)


def checked(lines, proof) -> int:
    """Run the lines as a member does; return how they ended."""
    sent = json.dumps(proof).encode()
    return subprocess.run(
        [sys.executable, "-I", "-c", lines], input=sent, capture_output=True, timeout=60
    ).returncode
