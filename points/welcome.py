"""What members get for coming: once for signing up, and once a shop day."""

from datetime import date

from django.utils.translation import ngettext

from mall.core.events import Event
from mall.core.transactions import transactional
from points import conditions, ledger, rules


@transactional
def open_with_gift(events: list[Event]) -> None:
    """Open the accounts and credit the sign-up points; the first account of a person gets them."""
    gifts = [
        rules.Award(one.member, "register", "register", one.at, reference="register", is_told=False)
        for one in events
        if one.data["first_of_person"]
    ]
    given = {entry.account_id for entry in rules.award_all(gifts) if entry is not None}
    ledger.open_all({event.member for event in events} - given)


@transactional
def greet(user, on: date) -> str | None:
    """Credit the first sign-in of a shop day, and say so the first time."""
    key = f"login:{on}"
    day = ledger.open(user.pk, seen=conditions.tier_row(user.pk)).row.day
    # What was posted for this day has brought the account's own day up to it.
    fresh = day is None or day < on
    entry = rules.award(user.pk, "login", key=key, on=on, reference=key, is_told=False, fresh=fresh)
    if entry is None or not entry.is_new or entry.delta <= 0:
        return None
    return ngettext(
        "%(n)s point for coming by today.", "%(n)s points for coming by today.", entry.delta
    ) % {"n": entry.delta}
