"""How a person becomes a member, and how a member comes back; the same verbs behind every door.

The member's row, the mark of the person and everything that follows from ``registered``
(an account of points, 100 points to start with) commit or vanish together.
"""

import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress

from accounts import consent, events, persons, traces
from accounts.models import User
from accounts.privacy import NO_MAIL, email_fingerprint
from mall.core import clock, rows
from mall.core.events import Question, tell
from mall.core.transactions import transactional

# user, on: what a room has for a member who comes in, as a sentence, once that shop day; or None.
GREETING = Question()
# request: who invited whoever signs up by it: a member's id, or None. Raises: a DomainError at the
# field ``invitation`` for one that is none of ours.
INVITER = Question()
MADE_UP = "user"  # the beginning of a username nobody chose


class NewMember:
    """A form of somebody who tells an e-mail of their own and brings no other address."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How somebody comes who signs up: from which device and network, invited by which member."""

    trace: traces.Trace = traces.UNSEEN
    inviter: int | None = None


def arrival_of(request) -> Arrival:
    """Return how whoever signs up by a request came here. Raises: as INVITER."""
    inviters = (found for found in INVITER.ask(request) if found is not None)
    return Arrival(traces.of(request), next(inviters, None))


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
def admit(user, *, email_verified=False, **words) -> User:
    """Enrol a prepared member (``words``: see ``enrol``) and note the e-mail for verification, as
    allauth does.
    """
    enrol(user, **words)
    address = EmailAddress(user=user, email=user.email, primary=True, verified=email_verified)
    rows.insert_read_back([address], by="email")
    EmailAddress.objects.fill_cache_for_user(user, [address])
    return user


@transactional
def enrol(user, *, agreed=None, door="page", marks=(), arrival: Arrival | None = None) -> bool:
    """Save a new member, note what they ``agreed`` to (``consent.Versions``) and tell the rooms
    above, also who invited them; return whether the person is new here too.

    One person is one canonical e-mail: ``a+1@`` and ``a@`` are two members but one person. Who told
    none is known by ``marks``: of a proved phone number, of WeChat.
    """
    user.pk = None  # a retry after a rolled-back try starts again from nothing
    arrival = arrival or Arrival()
    user.joined_device, user.joined_network = arrival.trace.device, arrival.trace.network
    user.save(force_insert=True)
    if agreed is not None:
        consent.note(user, agreed, door=door)
    first_of_person = persons.claim(user.pk, list(marks) or [email_fingerprint(user.email)])
    words = {"first_of_person": first_of_person, "invited_by": arrival.inviter}
    tell(events.registered(user, **words))
    return first_of_person


def unnamed(language: str) -> User:
    """Return a member to be enrolled who told neither a name nor an e-mail nor a password.

    The e-mail names a place nowhere (RFC 2606), unique as the column wants it; ``User.mailbox`` is
    what may be shown and written to.
    """
    name = f"{MADE_UP}{secrets.randbelow(10**10):010}"
    user = User(username=name, email=f"{name}@{NO_MAIL}", language=language)
    user.set_unusable_password()
    return user


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
