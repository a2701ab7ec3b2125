"""What members get for coming: once for signing up, and once a shop day."""

from datetime import date

from django.utils.translation import ngettext

from mall.core.events import Event
from points import ledger, rules


def open_with_gift(event: Event) -> None:
    """Open the account and credit the sign-up points; the first account of a person gets them."""
    ledger.open_account(event.member)
    if event.data["first_of_person"]:
        rules.award(event.member, "register", key="register", at=event.at, reference="register")


def greet(user, on: date) -> str | None:
    """Credit the first sign-in of a shop day, and say so the first time."""
    entry = rules.award(user.pk, "login", key=f"login:{on}", on=on, reference=f"login:{on}")
    if entry is None or not entry.is_new or entry.delta <= 0:
        return None
    return ngettext(
        "%(n)s point for coming by today.", "%(n)s points for coming by today.", entry.delta
    ) % {"n": entry.delta}
