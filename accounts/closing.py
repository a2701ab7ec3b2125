"""How a member leaves: the person is forgotten, the books stay.

Every room forgets its own part when asked to (``FORGETTING``), in one transaction with ours; a room
that must not let go yet refuses, and nothing changes. The mark of the person (BonusClaim)
outlives the account: whoever comes back with the same e-mail is welcome, without a second sign-up
bonus.
"""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import tokens
from accounts.models import Address, Consent, PhoneNumber, User, WeChatPerson
from accounts.sessions import SessionStore
from mall.core import audit, clock
from mall.core.errors import DomainError
from mall.core.events import Question
from mall.core.transactions import transactional

NOWHERE = "deleted.invalid"  # RFC 2606: no mail ever leaves for it
# user: somebody who thinks of leaving; a room answers with Consequence objects.
LEAVING = Question()
# user: somebody who leaves now; a room forgets the person and keeps the books, or refuses.
FORGETTING = Question()


class StaffStays(DomainError):
    """Somebody works here: the role goes first, so that nobody leaves with the keys."""

    code = "staff_account"
    status = 403
    message = _(
        "Staff accounts are closed by an administrator: please ask to have your role taken away "
        "first."
    )


@dataclass(frozen=True)
class Consequence:
    """One thing that ends with the account, in a sentence; ``blocks``: it must be settled first."""

    text: str
    blocks: bool = False


def consequences(user) -> list[Consequence]:
    """Return what leaving would mean now, what stands in the way first."""
    told = [consequence for answered in LEAVING.ask(user) for consequence in answered]
    if user.is_staff:
        told.append(Consequence(str(StaffStays()), blocks=True))
    return sorted(told, key=lambda consequence: not consequence.blocks)


@transactional
def close(user) -> User:
    """Close a member's account for good; a closed one stays as it is.

    Raises: StaffStays, and what a room refuses with (orders.errors.OrdersOpen).
    """
    # The rooms come first: the member's points account is the first lock of everything that
    # concerns a member.
    if user.closed_at is None:
        FORGETTING.ask(user)
    member = User.objects.select_for_update().get(pk=user.pk)
    if member.closed_at is not None:
        return member
    if member.is_staff or member.is_superuser:
        raise StaffStays
    _forget_ways_in(member)
    _forget_person(member)
    tokens.doubt(member.pk)
    audit.note(f"member:{member.pk}", "accounts.close", target=f"accounts.user:{member.pk}")
    return member


def _forget_person(member):
    avatar, old = member.avatar.storage if member.avatar else None, member.avatar.name
    if avatar is not None:
        # The file goes only when the row is safe.
        transaction.on_commit(lambda: avatar.delete(old), robust=True)
    for model in (Address, Consent):
        model.objects.filter(user=member).delete()
    mine = {"content_type": ContentType.objects.get_for_model(User), "object_id": str(member.pk)}
    LogEntry.objects.filter(**mine).update(object_repr=f"#{member.pk}")
    member.username, member.email = f"closed-{member.pk}", f"closed-{member.pk}@{NOWHERE}"
    member.nickname, member.avatar, member.birthday, member.last_login = "", "", None, None
    member.birthday_set_on = member.joined_device = member.joined_network = None
    member.is_active, member.closed_at = False, clock.now()
    member.set_unusable_password()
    member.groups.clear()
    member.save()


def _forget_ways_in(member):
    """End every session and token; the changed password hash ends those that no row names, too."""
    keys = list(UserSession.objects.filter(user=member).values_list("session_key", flat=True))
    ways = (UserSession, EmailAddress, SocialAccount, Authenticator, PhoneNumber, WeChatPerson)
    for model in ways:
        model.objects.filter(user=member).delete()
    # From the table now, from the cache once it is certain.
    SessionStore.get_model_class().objects.filter(session_key__in=keys).delete()
    transaction.on_commit(lambda: [SessionStore(key).delete() for key in keys], robust=True)
