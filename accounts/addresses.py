"""The address book: at most twenty each, always exactly one default when there is any.

Every verb locks the member's row first: two tabs adding the twentieth address, or making two
different ones the default, must see each other.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import ADDRESSES_PER_MEMBER, Address, User
from mall.errors import DomainError
from mall.transactions import transactional


class AddressBookFull(DomainError):
    """The member has ADDRESSES_PER_MEMBER addresses already."""

    code = "limit_reached"
    message = _("You can keep %(limit)s addresses. Please delete one first.")


def default_of(user) -> Address | None:
    """Return the address goods go to unless the member says otherwise."""
    return Address.objects.filter(user=user, is_default=True).first()


def owned(user, address_id) -> Address | None:
    """Return the member's own address with this id; None when there is none or it is somebody else's."""
    return Address.objects.filter(user=user, pk=address_id).first()


@transactional
def add(user, *, recipient, phone, region, detail, is_default=False) -> Address:
    """Write an address into the member's book; the first one becomes the default.

    Raises: AddressBookFull (limit).
    """
    _lock_book(user)
    kept = Address.objects.filter(user=user).count()
    if kept >= ADDRESSES_PER_MEMBER:
        raise AddressBookFull(limit=ADDRESSES_PER_MEMBER)
    if is_default:
        Address.objects.filter(user=user, is_default=True).update(is_default=False)
    return Address.objects.create(
        user=user, recipient=recipient, phone=phone, region=region, detail=detail, is_default=is_default or kept == 0
    )


@transactional
def change(address, **changes) -> Address:
    """Change some of recipient, phone, region, detail, is_default of a member's address.

    A default stays the default until another one takes its place, so ``is_default=False`` alone
    changes nothing.
    """
    _lock_book(address.user)
    wants_default = changes.pop("is_default", False) and not address.is_default
    if wants_default:
        Address.objects.filter(user_id=address.user_id, is_default=True).update(is_default=False)
        address.is_default = True
    for name, value in changes.items():
        setattr(address, name, value)
    address.save(update_fields=[*changes, *(["is_default"] if wants_default else [])])
    return address


@transactional
def remove(address) -> None:
    """Take an address out of the book; the newest remaining one becomes the default if it was it."""
    _lock_book(address.user)
    Address.objects.filter(pk=address.pk).delete()
    if not Address.objects.filter(user_id=address.user_id, is_default=True).exists():
        newest = Address.objects.filter(user_id=address.user_id).order_by("-pk").first()
        if newest is not None:
            Address.objects.filter(pk=newest.pk).update(is_default=True)


def _lock_book(user):
    User.objects.select_for_update().only("pk").get(pk=user.pk)
