"""The address book: at most twenty each, always exactly one default when there is any.

Every verb locks the member's row first: two tabs adding the twentieth address, or making two
different ones the default, must see each other.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import ADDRESSES_PER_MEMBER, Address, User
from mall.core.errors import DomainError
from mall.core.phones import Territory
from mall.core.transactions import transactional


class AddressGone(DomainError):
    """Another tab removed the address meanwhile."""

    code = "not_found"
    status = 404


class AddressBookFull(DomainError):
    """The member has ADDRESSES_PER_MEMBER addresses already."""

    code = "limit_reached"
    message = _("You can keep %(limit)s addresses. Please delete one first.")


def book_of(user):
    """Return the member's addresses, the default one first."""
    return Address.objects.filter(user_id=user.pk)


def default_of(user) -> Address | None:
    """Return the address goods go to unless the member says otherwise."""
    return Address.objects.filter(user=user, is_default=True).first()


def owned(user, address_id) -> Address | None:
    """Return the member's own address with this id; None when there is none or it is somebody
    else's.
    """
    return Address.objects.filter(user=user, pk=address_id).first()


def chosen(addresses, asked: str) -> int | None:
    """Return the address asked for when it is one of these, else the first."""
    own = [address.pk for address in addresses]
    return next((pk for pk in own if str(pk) == asked), own[0] if own else None)


@transactional
def add(
    user, *, recipient, phone, region, detail, territory=Territory.MAINLAND, is_default=False
) -> Address:
    """Write an address into the member's book; the first one becomes the default. ``phone`` in its
    kept form (``mall.core.phones.canonical``).

    Raises: AddressBookFull (limit).
    """
    _lock_book(user.pk)
    kept = Address.objects.filter(user=user).count()
    if kept >= ADDRESSES_PER_MEMBER:
        raise AddressBookFull(limit=ADDRESSES_PER_MEMBER)
    if is_default:
        Address.objects.filter(user=user, is_default=True).update(is_default=False)
    return Address.objects.create(
        user=user,
        recipient=recipient,
        territory=territory,
        phone=phone,
        region=region,
        detail=detail,
        is_default=is_default or kept == 0,
    )


@transactional
def add_once(user, **said) -> Address:
    """Do as ``add`` for a page's form, which may be sent twice: an address that stands in the book
    in the same words is not written again, and becomes the default where that is asked.

    Raises: AddressBookFull (limit).
    """
    _lock_book(user.pk)
    wanted = {name: value for name, value in said.items() if name != "is_default"}
    book = list(book_of(user))
    for kept in book if len(book) < ADDRESSES_PER_MEMBER else ():
        if all(getattr(kept, name) == value for name, value in wanted.items()):
            return change(kept, is_default=said.get("is_default", False))
    return add(user, **said)


@transactional
def change(address, **changes) -> Address:
    """Change some of recipient, territory, phone, region, detail, is_default of a member's
    address.

    A default stays the default until another one takes its place, so ``is_default=False`` alone
    changes nothing. The instance passed in stays as it was seen.

    Raises: AddressGone.
    """
    _lock_book(address.user_id)
    kept = Address.objects.filter(pk=address.pk).first()
    if kept is None:
        raise AddressGone
    if changes.pop("is_default", False) and not kept.is_default:
        Address.objects.filter(user_id=kept.user_id, is_default=True).update(is_default=False)
        changes["is_default"] = True
    for name, value in changes.items():
        setattr(kept, name, value)
    kept.save(update_fields=list(changes))
    return kept


@transactional
def remove(address) -> None:
    """Take an address out of the book; the newest remaining one becomes the default if it was
    it.
    """
    _lock_book(address.user_id)
    Address.objects.filter(pk=address.pk).delete()
    if not Address.objects.filter(user_id=address.user_id, is_default=True).exists():
        newest = Address.objects.filter(user_id=address.user_id).order_by("-pk").first()
        if newest is not None:
            Address.objects.filter(pk=newest.pk).update(is_default=True)


def _lock_book(user_id):
    User.objects.select_for_update().only("pk").get(pk=user_id)
