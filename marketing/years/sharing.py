"""Links to a year: signed, and alive as long as their row. A new share after a revoked one has
another link.
"""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core import signing
from django.utils.http import base36_to_int, int_to_base36

from mall.core.transactions import transactional
from marketing.errors import NoSuchLink
from marketing.models import YearShare

LONGEST_TOKEN = 100
signer = signing.Signer(salt="marketing.years", sep=".")


@dataclass(frozen=True, slots=True)
class Shared:
    """Whose year a link shows, and which."""

    member: object
    year: int


def token_of(share: YearShare) -> str:
    """Return the signed part of a share's address."""
    return signer.sign(int_to_base36(share.pk))


def share_of(user, year: int) -> YearShare | None:
    """Return the share of a member's year, where there is one."""
    return YearShare.objects.filter(user=user, year=year).first()


@transactional
def share(user, year: int) -> YearShare:
    """Share a year; one that is shared keeps its link."""
    YearShare.objects.bulk_create([YearShare(user=user, year=year)], ignore_conflicts=True)
    return YearShare.objects.get(user=user, year=year)


@transactional
def revoke(user, year: int) -> None:
    """Let the link to a year die."""
    YearShare.objects.filter(user=user, year=year).delete()


def read(token: str) -> Shared:
    """Return what a link shows. Raises: NoSuchLink when it is not ours, was revoked, or its member
    is gone.
    """
    try:
        if len(token) > LONGEST_TOKEN:
            raise ValueError
        pk = base36_to_int(signer.unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise NoSuchLink from error
    found = YearShare.objects.filter(pk=pk).first()
    member = found and get_user_model().objects.filter(pk=found.user_id, is_active=True).first()
    if member is None:
        raise NoSuchLink
    return Shared(member, found.year)
