"""Who of a file of members is here already, and what that means for each.

A balance is added to a member who is here only where the e-mail is known to be theirs: an address
that somebody typed at sign-up and never confirmed may be anybody's. An account that nobody ever
opened, made by a file that was taken back, is filled anew.
"""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import phone_numbers
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
    is_empty: bool = True  # nor did anything move in: it is as good as made by the file
    why: str = ""


def is_unclaimed(user: User) -> bool:
    """Whether nobody came in by an account yet (``letters.UNCLAIMED`` of one)."""
    return user.last_login is None and not user.has_usable_password()


def place(people: list[Person], row: MemberImport) -> list[Placed]:
    """Return what becomes of some members of a file as things stand now, in as many questions for
    many as for two.
    """
    mark = MovedMember._meta.get_field("identity").mark
    placed = [Placed(one, mark(one.identity), NEW) for one in people]
    moved = _moved([one.mark for one in placed])
    here = _Here(people)
    for one in placed:
        if one.mark in moved:
            one.state = DONE if moved[one.mark] == row.pk else KNOWN
        else:
            _place(one, here, row)
    return placed


def forget_person(user_id: int) -> None:
    """Forget by which number and phone a member who leaves was known; that the person moved in
    stays, without a way back to who it was.
    """
    gone = dict.fromkeys(("number", "number_mark", "phone", "phone_mark", "remark", "mail_at"))
    MovedMember.objects.filter(user_id=user_id).update(**gone)


def _place(one, here, row):
    today = clock.today().isoformat()
    if any(day is not None and day < today for _line, _points, day in one.person.lots):
        one.state, one.why = REFUSED, _("The last day of these points has passed.")
        return
    user = here.user_of(one.person)
    if user is None:
        return
    one.user_id, one.is_unclaimed = user.pk, user.pk in here.unclaimed
    one.is_empty = one.is_unclaimed and user.pk not in here.moved
    if user.pk in (row.made_by_id, row.approved_by_id):
        one.state, one.why = REFUSED, str(OwnAccount.message)
    elif one.is_empty:
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
    """Who of some people has an account, and how sure it is whose it is: a number that somebody has
    was proved, an e-mail need not be.
    """

    def __init__(self, people):
        emails = {one.email for one in people if one.email}
        holders = phone_numbers.holders_of({one.phone for one in people if not one.email})
        found = User.objects.filter(Q(email__in=emails) | Q(pk__in=list(holders.values())))
        users = found.only("pk", "email", "last_login", "password").in_bulk()
        self.by_email = {user.email: user for user in users.values()}
        self.by_phone = {phone: users[pk] for phone, pk in holders.items()}
        self.unclaimed = {pk for pk, user in users.items() if is_unclaimed(user)}
        proven = EmailAddress.objects.filter(user__in=list(users), verified=True)
        self.verified = set(holders.values()) | {
            user_id
            for user_id, email in proven.values_list("user_id", "email")
            if users[user_id].email == email
        }
        live = MovedMember.objects.filter(user__in=list(users), undone_at=None)
        self.moved = set(live.values_list("user_id", flat=True))

    def user_of(self, person) -> User | None:
        """Return the account of a person: by e-mail, or by phone of who told none."""
        return self.by_email.get(person.email) if person.email else self.by_phone.get(person.phone)


def _moved(marks) -> dict:
    """Return {mark of a person who moved in: the file that brought it}."""
    found = MovedMember.objects.filter(identity__in=marks)
    return dict(found.values_list("identity", "file_id"))
