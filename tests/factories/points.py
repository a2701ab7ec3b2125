"""Members with points, made through the ledger's own verbs."""

import itertools

import factory
from django.contrib.auth import get_user_model

from points import ledger

_numbers = itertools.count(1)


class MemberFactory(factory.django.DjangoModelFactory):
    """The least valid member, without an account of points."""

    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"points-member-{n}")
    email = factory.Sequence(lambda n: f"points-member-{n}@example.com")


def member_with(points=0, *, expires_on=ledger.DEFAULT, key=None, **words):
    """Return a member whose account was opened and credited with ``points`` in one lot."""
    member = MemberFactory()
    ledger.open_account(member.pk)
    if points:
        ledger.accrue(member.pk, points=points, key=key or f"gift:{next(_numbers)}", expires_on=expires_on, **words)
    return member
