"""Many members at once become members: for imports, in as many statements for many as for two."""

from collections.abc import Mapping

from allauth.account.models import EmailAddress

from accounts import persons, phone_numbers
from accounts.models import BonusClaim, User
from accounts.privacy import email_fingerprint, phone_fingerprint
from mall.core import upserts
from mall.core.transactions import transactional


@transactional
def admit_all(users: list[User], phones: Mapping[str, str]) -> set[int]:
    """Save some prepared members, their e-mails unproven, and tell nobody; return the ids of those
    who are their person's first account. ``phones`` are the numbers ({username: number}) of those
    who told no e-mail.

    Raises: IntegrityError when a username or an e-mail is taken.
    """
    for user in users:
        user.pk = None  # a retry after a rolled-back try starts again from nothing
    upserts.insert(users, by=("username",))
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True) for user in users if user.mailbox
    )
    phone_numbers.keep_for({one.pk: phones[one.username] for one in users if not one.mailbox})
    # one person may come with two addresses: the row that is there afterwards says who was first
    claims = [BonusClaim(fingerprint=_mark(one, phones), claimed_by=one.pk) for one in users]
    BonusClaim.objects.bulk_create(claims, ignore_conflicts=True)
    return persons.first_accounts([user.pk for user in users])


def _mark(user, phones) -> str:
    """Return what the person is known by."""
    return (
        email_fingerprint(user.email) if user.mailbox else phone_fingerprint(phones[user.username])
    )
