"""Members with points, made through the ledger's own verbs."""

import itertools
from datetime import timedelta
from decimal import Decimal

import factory
from django.contrib.auth import get_user_model

from mall.core import clock
from points import grants, ledger, maturing
from points.models import MemberTier

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
        ledger.accrue(
            member.pk,
            points=points,
            key=key or f"gift:{next(_numbers)}",
            expires_on=expires_on,
            **words,
        )
    return member


def granted(member, *, yuan="100.00", order="order:M1", action="purchase", key=None, **kwargs):
    """Promise points for an order of so many yuan, by the shop's own rule."""
    return grants.promise(
        member.pk,
        action,
        amount=Decimal(yuan),
        key=key or f"{order}:{action}",
        reference=order,
        **kwargs,
    )


def arrived(member, *, order="order:M1", **kwargs):
    """Promise points for an order, receive the goods eight days ago, and let the points arrive."""
    grant = granted(member, order=order, **kwargs)
    grants.confirm(order, at=clock.now() - timedelta(days=8))
    maturing.mature_due()
    grant.refresh_from_db()
    return grant


def in_tier(member, level):
    """Have a member stand in a tier, as the nightly job put it down."""
    ledger.open_account(member.pk)
    words = {"level": level, "since": clock.today(), "ladder_of": clock.now()}
    MemberTier.objects.update_or_create(account_id=member.pk, defaults=words)
    return member
