"""The first operator of a new shop comes in by the page ``/setup/``: whoever has the code that the
start wrote down. The page is gone as soon as there is an operator, for good.
"""

from secrets import compare_digest

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.registration import admit
from mall.core import audit, pasted
from mall.core.errors import DomainError
from mall.core.models import SetupStep
from mall.core.transactions import transactional


class WrongCode(DomainError):
    """Somebody guesses."""

    code = "wrong_code"
    status = 403
    field = "code"
    message = _("This is not the code of this shop.")


class OperatorThere(DomainError):
    """The shop has its operator, or just got one."""

    code = "operator_there"
    status = 409
    message = _("This shop has an operator already. Please sign in, or ask them for a role.")


class Taken(DomainError):
    """A member has the name or the e-mail; told to nobody who has not the code."""

    code = "already_taken"
    status = 409


def is_wanted() -> bool:
    """Whether the shop has a code, and never had anybody who may do everything."""
    if not settings.SETUP_CODE or SetupStep.objects.filter(name=SetupStep.Name.OPERATOR).exists():
        return False
    return not User.objects.filter(is_superuser=True).exists()


def is_code(said: str) -> bool:
    """Whether somebody knows the code of this shop."""
    wanted = pasted.code(settings.SETUP_CODE)
    return bool(wanted) and compare_digest(pasted.code(said).encode(), wanted.encode())


def enrol(*, code: str, username: str, email: str, password: str) -> User:
    """Make the first operator, whose e-mail needs no proof: the code says who it is.

    Raises: WrongCode, Taken, OperatorThere.
    """
    if not is_code(code):
        raise WrongCode
    _refuse_taken(username, email)
    user = User(username=username, email=email, is_staff=True, is_superuser=True)
    user.set_password(password)  # before the transaction: Argon2 takes its time
    try:
        return _enrol(user)
    except IntegrityError as error:
        raise OperatorThere from error


def _refuse_taken(username, email):
    if User.objects.filter(username=username).exists():
        raise Taken(_("This username is taken."), field="username")
    if User.objects.filter(email=email).exists():
        raise Taken(_("A member has this e-mail already."), field="email")


@transactional
def _enrol(user):
    if not is_wanted():
        raise OperatorThere
    # two who press at once: the row is there once
    SetupStep.objects.bulk_create([SetupStep(name=SetupStep.Name.OPERATOR)])
    admit(user, email_verified=True)
    audit.note(user, "mall.first_operator", target=f"accounts.user:{user.pk}")
    return user
