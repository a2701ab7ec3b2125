"""Whose account is the person's: what the shop gives a person once goes to the first account,
however many follow.

A person is known by marks: of the canonical e-mail, of a proved phone number, of what WeChat calls
them. A mark outlives the account, so leaving and coming back brings nothing a second time.
Source: docs/decisions/0086-who-is-proved-is-one-person.md.
"""

from accounts.models import BonusClaim
from mall.core import clock, upserts

NOBODY = 0


def claim(user_id: int, marks: list[str]) -> bool:
    """Write down by what a new member is known; return whether the person is new here too.

    Where one of the marks was there before, the new ones go to whoever had it. Two tabs may sign
    up at once: the rows that are there afterwards say who was first.
    """
    if len(marks) == 1:
        return _write(user_id, marks) == 1
    known = BonusClaim.objects.filter(fingerprint__in=marks).order_by("pk")
    owner = known.values_list("claimed_by", flat=True).first()
    _write(user_id if owner is None else owner, marks)
    return set(known.values_list("claimed_by", flat=True)) == {user_id}


def recognise(user_id: int, marks: list[str]) -> None:
    """Write down further marks of a member; what somebody had before stays theirs.

    They make nobody the first account of a person who was not.
    """
    _write(user_id if is_first(user_id) else NOBODY, marks)


def is_first(user_id: int) -> bool:
    """Return whether a member's account is the first one its person ever opened."""
    return BonusClaim.objects.filter(claimed_by=user_id).exists()


def first_accounts(user_ids) -> set[int]:
    """Return those of some members of whom ``is_first`` is true; one query."""
    claims = BonusClaim.objects.filter(claimed_by__in=user_ids)
    return set(claims.values_list("claimed_by", flat=True))


def _write(owner, marks) -> int:
    """Write down the marks that were not there; return how many."""
    words = {"claimed_by": owner, "claimed_at": clock.now()}
    return upserts.insert_missing([BonusClaim(fingerprint=mark, **words) for mark in marks])
