"""Whose account is the person's: what the shop gives a person once goes to the first account,
however many follow.

One person is one canonical e-mail (accounts/registration.py). The mark outlives the account, so
leaving and coming back brings nothing a second time.
"""

from accounts.models import BonusClaim


def is_first(user_id: int) -> bool:
    """Return whether a member's account is the first one its person ever opened."""
    return BonusClaim.objects.filter(claimed_by=user_id).exists()


def first_accounts(user_ids) -> set[int]:
    """Return those of some members of whom ``is_first`` is true; one query."""
    claims = BonusClaim.objects.filter(claimed_by__in=user_ids)
    return set(claims.values_list("claimed_by", flat=True))
