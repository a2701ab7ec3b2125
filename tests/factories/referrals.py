"""Invited members and their orders, made the way the shop makes them."""

from datetime import timedelta

import time_machine

from accounts.models import User
from accounts.registration import Arrival, enrol
from accounts.traces import Trace
from mall.core import clock
from mall.core.blind_index import mark_of
from marketing.referral import referrals
from points import event_delivery
from tests.factories.orders import pay, place, received, virtual_sku

WINDOW_OVER = timedelta(days=30)


def trace(device=None, network=None):
    """The marks of a device and a network by their names."""
    marks = (mark_of("device", device or ""), mark_of("network", network or ""))
    return Trace(*(mark or None for mark in marks))


def invited(inviter, name, *, device=None, network=None, email=None):
    """Somebody who signed up by a member's invitation, heard of by all rooms; each from a device
    and network of their own unless named.
    """
    came = trace(device or f"device of {name}", network or f"network of {name}")
    user = User(username=name, email=email or f"{name}@example.com")
    user.set_unusable_password()
    enrol(user, arrival=Arrival(came, inviter.pk if inviter else None))
    event_delivery.deliver(user.pk)
    return user


def ordered(user, *, sku=None, device=None, network=None, **words):
    """Their paid order of some yuan."""
    came = trace(device or f"device of {user}", network or f"network of {user}")
    order = pay(place(user, sku or virtual_sku(cash="20.00"), trace=came, **words))
    event_delivery.deliver(user.pk)
    return order


def arrived(user, **words):
    """The same, and it has arrived."""
    order = received(ordered(user, **words))
    event_delivery.deliver(user.pk)
    return order


def settle_when_over():
    """Let the clock look once every return window is over; returns how many came to an end."""
    with time_machine.travel(clock.now() + WINDOW_OVER, tick=False):
        return referrals.settle_due()
