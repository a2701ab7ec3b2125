"""What points does when accounts says who came: each receiver calls one verb, idempotent by key."""

from django.dispatch import receiver
from django.utils.translation import ngettext

from accounts.signals import (
    account_closing,
    closing_asked,
    personal_data_asked,
    user_registered,
    user_signed_in,
)
from mall.core import clock
from points import closing, ledger, rules, takeaway, tiers
from points.signals import points_awarded


@receiver(user_registered)
def welcome(sender, user, first_of_person, **kwargs):
    """Open the account and credit the sign-up points, in the transaction of the registration."""
    ledger.open_account(user.pk)
    if first_of_person:
        rules.award(user.pk, "register", key="register", on=clock.today(), reference="register")


@receiver(user_signed_in)
def greet(sender, user, on, **kwargs):
    """Credit the first sign-in of a shop day, and say so the first time."""
    entry = rules.award(user.pk, "login", key=f"login:{on}", on=on, reference=f"login:{on}")
    if entry is None or not entry.is_new or entry.delta <= 0:
        return None
    return ngettext(
        "%(n)s point for coming by today.", "%(n)s points for coming by today.", entry.delta
    ) % {"n": entry.delta}


@receiver(points_awarded)
def raise_tier(sender, user_id, entry, **kwargs):
    """Count what was credited towards the tier, in the transaction of the points."""
    tiers.note_earned(user_id, entry.worth)


@receiver(personal_data_asked)
def hand_over(sender, user, **kwargs):
    """Answer an export with the statement."""
    return takeaway.chapters(user)


@receiver(closing_asked)
def say_what_is_lost(sender, user, **kwargs):
    """Answer a member who thinks of leaving."""
    return closing.consequences(user)


@receiver(account_closing)
def forfeit_points(sender, user, **kwargs):
    """Lock the member, who leaves: the first of all rooms, because theirs is the first lock."""
    closing.forfeit(user.pk)
