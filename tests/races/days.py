"""Days of shoppers, told in facts that earn, move missions and send notices."""

from accounts.registration import note_sign_in
from orders import lifecycle
from tests.factories.marketing import MissionFactory
from tests.factories.orders import pay, place, received, refund


def live(user, goods, swap, turns=3):
    """Come in, order, pay, and receive, cancel or give back by turns."""
    for turn in range(turns):
        note_sign_in(user)
        order = pay(place(user, goods))
        redeemed = place(user, swap)
        if turn % 3 == 0:
            refund(order)
            lifecycle.cancel(redeemed, actor="staff:1")
        elif turn % 3 == 1:
            received(order)
        else:
            lifecycle.cancel(order, actor="staff:1")
            refund(redeemed)


def missions():
    """Missions of all that moves them here."""
    for event in ("login", "order_paid", "order_completed", "redeem", "register"):
        MissionFactory(kind="weekly", event=event, points=3)
