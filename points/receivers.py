"""What points does when accounts says who came: each receiver calls one verb, idempotent by key."""

from django.dispatch import receiver

from accounts.signals import user_registered, user_signed_in
from mall import clock
from points import ledger, rules


@receiver(user_registered)
def welcome(sender, user, first_of_person, **kwargs):
    """Open the account and credit the sign-up points, in the transaction of the registration."""
    ledger.open_account(user.pk)
    if first_of_person:
        rules.award(user.pk, "register", key="register", on=clock.today(), reference="register")


@receiver(user_signed_in)
def greet(sender, user, on, **kwargs):
    """Credit the first sign-in of a shop day."""
    rules.award(user.pk, "login", key=f"login:{on}", on=on, reference=f"login:{on}")
