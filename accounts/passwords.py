"""How passwords are kept, and asked for again."""

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.core.errors import DomainError

LONGEST = 128


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane.

    Source: OWASP Password Storage Cheat Sheet; Django's default takes 100 MiB for each sign-in,
    which a small server cannot spend on ten visitors at once.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's, in words that are short and translated."""

    def get_error_message(self):
        return _("A password has at least %(limit)s characters.") % {"limit": self.min_length}

    def get_help_text(self):
        return self.get_error_message()


class MaximumLengthValidator:
    """A password fits on a page: nobody needs to make the server hash a novel."""

    def validate(self, password, user=None):
        if len(password) > LONGEST:
            raise ValidationError(
                _("A password has at most %(limit)s characters."),
                code="password_too_long",
                params={"limit": LONGEST},
            )

    def get_help_text(self):
        return _("A password has at most %(limit)s characters.") % {"limit": LONGEST}


class NoPassword(DomainError):
    """Somebody who came by phone or WeChat has none to be asked for."""

    code = "no_password"
    status = 400
    field = "password"
    message = gettext_lazy(
        "Your account has no password yet. Set one first (My account, Password), then come back."
    )


class WrongPassword(DomainError):
    """Somebody sits at a signed-in device who may not be the member."""

    code = "wrong_password"
    status = 400
    message = gettext_lazy("This is not your password.")


def ask_again(user, password: str) -> None:
    """Let a member pass who knows the present password. The caller counts the knocks. Raises:
    WrongPassword, NoPassword.
    """
    if not user.has_usable_password():
        raise NoPassword
    if not user.check_password(password):
        raise WrongPassword(field="password")
