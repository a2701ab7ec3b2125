"""The phone number of a member: proved, kept encrypted, found by its mark; one number, one member.

The only writer of PhoneNumber. Each verb says in the audit log that it was done, and of whom, never
which number.
"""

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, connection
from django.utils.translation import gettext_lazy as _

from accounts import persons
from accounts.models import PhoneNumber, User
from accounts.privacy import phone_fingerprint
from accounts.registration import enrol, unnamed
from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.transactions import transactional

_MARK = PhoneNumber._meta.get_field("phone_mark")


class NumberTaken(DomainError):
    """The number is another member's; told to nobody who has not proved that it is theirs."""

    code = "phone_taken"
    field = "phone"
    message = _(
        "This number belongs to another account. Sign in with it there, or remove it there first."
    )


class LastWayIn(DomainError):
    """Without its number nobody could sign in to the account any more."""

    code = "last_way_in"
    message = _("This number is your only way in. Set a password or bind WeChat first.")


def holder_of(number: str) -> User | None:
    """Return the member whose number it is, in its kept form."""
    row = PhoneNumber.objects.filter(phone_mark=_MARK.mark(number)).select_related("user").first()
    return row and row.user


def of(user) -> str:
    """Return a member's number in its kept form, "" of one who has none."""
    return PhoneNumber.objects.filter(pk=user.pk).values_list("phone", flat=True).first() or ""


def holders_of(numbers: Iterable[str]) -> dict[str, int]:
    """Return {number: member} of those of some numbers that somebody has; one question."""
    number_of = {_MARK.mark(number): number for number in numbers}
    found = PhoneNumber.objects.filter(phone_mark__in=number_of)
    return {number_of[mark]: pk for mark, pk in found.values_list("phone_mark", "pk")}


def keep_for(numbers: Mapping[int, str]) -> None:
    """Keep the numbers of new members of whom an earlier shop knew nothing else ({member: number}):
    whoever shows that one is theirs comes in by it.

    Raises: IntegrityError when a number is somebody's.
    """
    PhoneNumber.objects.bulk_create(
        PhoneNumber(pk=pk, phone=number, phone_mark=_MARK.mark(number))
        for pk, number in numbers.items()
    )


def welcome(
    number: str, *, language: str, agreed=None, door="page", arrival=None
) -> tuple[User, bool]:
    """Return the member whose proved number it is, and whether they came to be just now; then by
    ``arrival`` (``registration.Arrival``).

    Idempotent by the number: two tabs that prove it at once are one member.
    """
    try:
        return _welcome(number, unnamed(language), agreed=agreed, door=door, arrival=arrival)
    except IntegrityError:
        found = None if connection.in_atomic_block else holder_of(number)
        if found is None:
            raise
        return found, False


def attach(user, number: str) -> None:
    """Give a member a number that was proved; one they had before goes. Raises: NumberTaken."""
    try:
        _attach(user, number)
    except IntegrityError as error:
        if connection.in_atomic_block or holder_of(number) is None:
            raise
        raise NumberTaken from error


@transactional
def detach(user) -> bool:
    """Take a member's number away; says whether there was one. Raises: LastWayIn."""
    if not PhoneNumber.objects.filter(pk=user.pk).exists():
        return False
    if not has_another_way_in(user):
        raise LastWayIn
    PhoneNumber.objects.filter(pk=user.pk).delete()
    audit.note(user, "accounts.remove_phone", target=f"accounts.user:{user.pk}")
    return True


def has_another_way_in(user) -> bool:
    """Whether a member could sign in without the number: by a password, a mailbox that gets a new
    one, or WeChat.
    """
    return user.has_usable_password() or bool(user.mailbox) or user.socialaccount_set.exists()


@transactional
def _welcome(number, newcomer, *, agreed, door, arrival):
    found = holder_of(number)
    if found is not None:
        return found, False
    marks = [phone_fingerprint(number)]
    enrol(newcomer, agreed=agreed, door=door, marks=marks, arrival=arrival)
    _write(newcomer, number)
    return newcomer, True


@transactional
def _attach(user, number):
    found = holder_of(number)
    if found is not None:
        if found.pk != user.pk:
            raise NumberTaken
        return
    persons.recognise(user.pk, [phone_fingerprint(number)])
    _write(user, number)
    audit.note(user, "accounts.add_phone", target=f"accounts.user:{user.pk}")


def _write(user, number):
    PhoneNumber.objects.filter(pk=user.pk).delete()
    kept = {"phone": number, "phone_mark": _MARK.mark(number), "proved_at": clock.now()}
    PhoneNumber(user=user, **kept).save(force_insert=True)
