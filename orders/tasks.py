"""What the clock does to orders; each task may run twice or four times at once."""

from celery import shared_task

from mall.core import clock
from orders import contact_marks, lifecycle, velocity
from orders.basket import alerts
from orders.coupons import handouts
from orders.coupons import lifecycle as coupons
from orders.dispatch import files as dispatch_files
from orders.flash import lottery
from orders.flash import sessions as flash_sessions
from orders.payments import bill_fetching, cash_out, enquiries


@shared_task
def cancel_unpaid_orders() -> int:
    """Give back points and goods of orders that were not paid in time; return how many."""
    return lifecycle.cancel_due(clock.now())


@shared_task
def complete_sent_orders() -> int:
    """Take orders that were sent long ago as received; return how many."""
    return lifecycle.complete_due(clock.now())


@shared_task
def settle_refunds() -> int:
    """Have providers return the money that is still on its way; return how many were finished."""
    return cash_out.settle_due()


@shared_task
def ask_about_payments() -> int:
    """Ask providers about payments nobody told of; return how many are settled or closed now."""
    return enquiries.ask_due()


@shared_task
def fetch_bills() -> int:
    """Fetch yesterday's bills of the providers and match them; return how many."""
    return bill_fetching.fetch_due()


@shared_task
def settle_flash_sessions() -> int:
    """Put what flash sessions left over back on the shelf; return how many sessions."""
    return flash_sessions.settle_due(clock.now())


@shared_task
def draw_flash_lots() -> int:
    """Draw the lots of sessions that are over and settle who registered; return how many."""
    return lottery.carry_on(clock.now())


@shared_task
def tell_flash_starting() -> int:
    """Tell members who asked that their flash session is about to start; return how many."""
    return flash_sessions.tell_starting(clock.now())


@shared_task
def tell_back_in_stock() -> int:
    """Tell members who asked that what was sold out is back; return how many."""
    return alerts.tell_back(clock.now())


@shared_task
def expire_coupons() -> int:
    """Note the unused coupons whose day has passed; return how many."""
    return coupons.expire_due(clock.now())


@shared_task
def mark_contacts() -> int:
    """Mark the addresses of orders that nobody marked yet, to be found by; return how many."""
    return contact_marks.mark_unmarked()


@shared_task
def watch_orders() -> dict:
    """Note many orders from one place, and members much of whose orders went back; return how many
    of each.
    """
    return {"bursts": velocity.watch_orders(), "refunds": velocity.watch_refunds()}


@shared_task
def send_dispatch_files() -> int:
    """Look over files of tracking numbers and send what was let in; return how many files."""
    return dispatch_files.carry_on()


@shared_task
def hand_out_coupons() -> int:
    """Carry on what operators hand out to segments; return how many coupons were given."""
    return handouts.carry_on()
