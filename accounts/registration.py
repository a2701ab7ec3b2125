"""How a person becomes a member, and how a member comes back; the same verbs behind every door.

The member's row, the mark of the person and everything that follows from ``registered``
(an account of points, 100 points to start with) commit or vanish together.
"""

from allauth.account.models import EmailAddress

from accounts import consent, events
from accounts.models import BonusClaim, User
from accounts.privacy import email_fingerprint
from mall.core import clock
from mall.core.events import Question, tell
from mall.core.transactions import transactional

# user, on: what a room has for a member who comes in, as a sentence, once that shop day; or None.
GREETING = Question()


def register(username, email, password=None, *, nickname="", email_verified=False) -> User:
    """Make a member as the sign-up page would; for the back office, imports and the demo shop.

    Without a password the member signs in after a password reset only.
    Raises: IntegrityError when the username or the e-mail is taken.
    """
    user = User(username=username, email=email, nickname=nickname)
    # before the transaction: Argon2 takes its time, and a lock must not wait for it
    user.set_password(password)
    return admit(user, email_verified=email_verified)


@transactional
def admit(user, *, email_verified=False) -> User:
    """Enrol a prepared member and note the e-mail for verification, as allauth's own pages do."""
    enrol(user)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=email_verified)
    return user


@transactional
def enrol(user, *, agreed=None, door="page") -> bool:
    """Save a new member, note what they ``agreed`` to (``consent.Versions``) and tell the rooms
    above; return whether the person is new here too.

    One person is one canonical e-mail: ``a+1@`` and ``a@`` are two members but one person.
    """
    user.pk = None  # a retry after a rolled-back try starts again from nothing
    user.save(force_insert=True)
    if agreed is not None:
        consent.note(user, agreed, door=door)
    # Two tabs may sign up as a+1@ and a+2@ at once: the row that is there afterwards says who was
    # first.
    fingerprint = email_fingerprint(user.email)
    BonusClaim.objects.bulk_create(
        [BonusClaim(fingerprint=fingerprint, claimed_by=user.pk)], ignore_conflicts=True
    )
    first_of_person = BonusClaim.objects.get(fingerprint=fingerprint).claimed_by == user.pk
    tell(events.registered(user, first_of_person=first_of_person))
    return first_of_person


@transactional
def note_sign_in(user, *, on=None) -> list:
    """Greet a member who signed in on shop day ``on`` (default: today) and tell the rooms above;
    return the greetings, sentences to read.

    On every sign-in; what a day brings once is keyed by the day where it is written.
    """
    on = on or clock.today()
    tell(events.signed_in(user, on))
    greetings = GREETING.ask(user, on)
    return [sentence for sentence in greetings if sentence]
