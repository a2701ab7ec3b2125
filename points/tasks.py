"""What beat asks of the points: all may run late, twice, or not at all for a while."""

from celery import shared_task

from points import back_tests, budgets, event_delivery, expiry, maturing, tiers, velocity
from points.moving_in import kind as members_file
from points.moving_in import letters


@shared_task(name="points.deliver_facts")
def deliver_facts():
    """Do what follows from facts that wait; returns the numbers."""
    return str(event_delivery.deliver_due())


@shared_task(name="points.expire_points")
def expire_points():
    """Bring the books up to date with what has expired; returns the numbers."""
    return str(expiry.expire_due())


@shared_task(name="points.mature_grants")
def mature_grants():
    """Bring in the points whose waiting time is over; returns the numbers."""
    return str(maturing.mature_due())


@shared_task(name="points.watch_budgets")
def watch_budgets():
    """Tell operators of budgets that are nearly spent; returns how many."""
    return budgets.watch()


@shared_task(name="points.reassess_tiers")
def reassess_tiers():
    """Let tiers fall whose grace is over, begin the grace of others; returns how many members were
    looked at.
    """
    return tiers.reassess_due()


@shared_task(name="points.watch_sign_ups")
def watch_sign_ups():
    """Note many sign-ups from one place; returns how many such."""
    return {"bursts": velocity.watch_sign_ups()}


@shared_task(name="points.move_members_in")
def move_members_in():
    """Carry out files of members that were let in or are taken back; returns how many."""
    return {"files": members_file.carry_on()}


@shared_task(name="points.welcome_moved_members")
def welcome_moved_members():
    """Write some of the welcome mails that are due; returns how many."""
    return {"mails": letters.write_due()}


@shared_task(name="points.run_back_tests")
def run_back_tests():
    """Carry out the back-tests that wait; returns how many."""
    return {"back-tests": back_tests.carry_on()}
