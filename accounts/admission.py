"""Many members at once become members: for imports, in as many statements for many as for two."""

from allauth.account.models import EmailAddress

from accounts import persons
from accounts.models import BonusClaim, User
from accounts.privacy import email_fingerprint
from mall.core import upserts
from mall.core.transactions import transactional


@transactional
def admit_all(users: list[User]) -> set[int]:
    """Save some prepared members, their e-mails unproven, and tell nobody; return the ids of those
    who are their person's first account.

    Raises: IntegrityError when a username or an e-mail is taken.
    """
    for user in users:
        user.pk = None  # a retry after a rolled-back try starts again from nothing
    upserts.insert(users, by=("username",))
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, primary=True) for user in users]
    )
    # one person may come with two addresses: the row that is there afterwards says who was first
    claims = [
        BonusClaim(fingerprint=email_fingerprint(user.email), claimed_by=user.pk) for user in users
    ]
    BonusClaim.objects.bulk_create(claims, ignore_conflicts=True)
    return persons.first_accounts([user.pk for user in users])
