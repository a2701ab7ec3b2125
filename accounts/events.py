"""The facts accounts tells the rooms above it, inside the transaction that makes them true."""

from accounts.models import User
from mall.core import clock
from mall.core.events import Event

REGISTERED = "registered"
SIGNED_IN = "signed_in"
NEW_DEVICE = "new_device"
PROFILE_COMPLETED = "profile_completed"


def registered(user: User, *, first_of_person: bool, invited_by: int | None = None) -> Event:
    """Somebody became a member; ``first_of_person``: False when the same person (canonical e-mail)
    signed up before. ``invited_by``: the member who invited them, left out where nobody did.
    """
    data = {"first_of_person": first_of_person}
    if invited_by is not None:
        data["invited_by"] = invited_by
    return Event(REGISTERED, user.pk, "register", clock.now(), f"member:{user.pk}", data)


def signed_in(user: User, on) -> Event:
    """A member came in through any door, on the shop day ``on``."""
    data = {"on": on.isoformat()}
    return Event(SIGNED_IN, user.pk, f"login:{on}", clock.now(), f"member:{user.pk}", data)


def new_device(user: User, device: str) -> Event:
    """A member who had signed in before came with a browser the shop had not seen them with;
    ``device``: its name in short.
    """
    at = clock.now()
    reference = f"device:{at:%Y%m%d%H%M%S}"
    return Event(NEW_DEVICE, user.pk, reference, at, f"member:{user.pk}", {"device": device})


def profile_completed(user: User) -> Event:
    """Nickname, birthday and verified e-mail are all there; told whenever one of them changes and
    nothing is missing.
    """
    return Event(PROFILE_COMPLETED, user.pk, "profile", clock.now(), f"member:{user.pk}")
