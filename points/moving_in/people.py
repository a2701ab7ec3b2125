"""Who of a file of members is here already, and what that means for each.

A balance is added to a member who is here only where the e-mail is known to be theirs: an address
that somebody typed at sign-up and never confirmed may be anybody's. An account that nobody ever
opened, made by a file that was taken back, is filled anew.
"""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from accounts.models import User
from mall.core import clock
from points.adjustments import OwnAccount
from points.models import MemberImport, MovedMember
from points.moving_in.file import Person

NEW, ADDED, KNOWN, REFUSED = "new", "added", "known", "refused"
DONE = "done"  # by an earlier try of the same file


@dataclass(slots=True)
class Placed:
    """A member of a file, what becomes of it, and the account it has here, if any."""

    person: Person
    mark: str
    state: str
    user_id: int | None = None
    is_unclaimed: bool = True  # nobody came in by this account yet
    why: str = ""


def place(people: list[Person], row: MemberImport) -> list[Placed]:
    """Return what becomes of some members of a file as things stand now; four questions, however
    many they are.
    """
    mark = MovedMember._meta.get_field("identity").mark
    placed = [Placed(one, mark(one.identity), NEW) for one in people]
    moved = _moved([one.mark for one in placed])
    here = _Here(filter(None, (one.email for one in people)))
    for one in placed:
        if one.mark in moved:
            one.state = DONE if moved[one.mark] == row.pk else KNOWN
        else:
            _place(one, here, row)
    return placed


def _place(one, here, row):
    today = clock.today().isoformat()
    if any(day is not None and day < today for _line, _points, day in one.person.lots):
        one.state, one.why = REFUSED, _("The last day of these points has passed.")
        return
    user = here.by_email.get(one.person.email)
    if user is None:
        return
    one.user_id, one.is_unclaimed = user.pk, user.pk in here.unclaimed
    if user.pk in (row.made_by_id, row.approved_by_id):
        one.state, one.why = REFUSED, str(OwnAccount.message)
    elif one.is_unclaimed and user.pk not in here.moved:
        one.state = ADDED
    elif row.existing == MemberImport.Existing.SKIP:
        one.state = KNOWN
    elif one.is_unclaimed or user.pk in here.verified:
        one.state = ADDED
    else:
        one.state = REFUSED
        one.why = _(
            "A member with this e-mail is here who has not confirmed it yet; it may be somebody "
            "else's."
        )


class _Here:
    """Who of some e-mails has an account, and how sure it is whose it is."""

    def __init__(self, emails):
        found = User.objects.filter(email__in=list(emails))
        found = found.only("pk", "email", "last_login", "password")
        self.by_email = {user.email: user for user in found}
        ids = [user.pk for user in self.by_email.values()]
        self.unclaimed = {
            user.pk
            for user in self.by_email.values()
            if user.last_login is None and not user.has_usable_password()
        }
        proven = EmailAddress.objects.filter(user__in=ids, verified=True)
        self.verified = {
            user_id
            for user_id, email in proven.values_list("user_id", "email")
            if email in self.by_email and self.by_email[email].pk == user_id
        }
        live = MovedMember.objects.filter(user__in=ids, undone_at=None)
        self.moved = set(live.values_list("user_id", flat=True))


def _moved(marks) -> dict:
    """Return {mark of a person who moved in: the file that brought it}."""
    found = MovedMember.objects.filter(identity__in=marks)
    return dict(found.values_list("identity", "file_id"))
