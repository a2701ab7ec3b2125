"""What a member says about themselves."""

import unicodedata
from datetime import date

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import events
from accounts.models import User
from mall.core import clock
from mall.core.errors import DomainError
from mall.core.events import tell
from mall.core.transactions import transactional

OLDEST_BIRTHDAY = date(1900, 1, 1)


class BirthdayFixed(DomainError):
    """A birthday is said once: it brings a present every year."""

    code = "birthday_fixed"
    message = _("Your birthday is set already. Ask us if it is wrong.")


def check_line(text):
    """Refuse control and direction characters in a line that other people read.

    Raises: ValidationError (invalid_characters).
    """
    if any(
        unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\u200d"
        for character in text
    ):
        raise ValidationError(
            _("This contains characters that cannot be shown."), code="invalid_characters"
        )


def check_birthday(day):
    """Refuse days that cannot be anybody's birthday.

    Raises: ValidationError (invalid_birthday).
    """
    if not OLDEST_BIRTHDAY <= day <= clock.today():
        raise ValidationError(_("This cannot be your birthday."), code="invalid_birthday")


@transactional
def change_profile(user, *, nickname=None, birthday=None, avatar=None) -> User:
    """Change what is given; ``avatar`` is a file from ``avatars.square``, or "" to take the picture
    away.

    Raises: BirthdayFixed when another birthday is set already (the same one again changes nothing).
    """
    member = User.objects.select_for_update().get(pk=user.pk)
    changed = []
    if nickname is not None:
        member.nickname = nickname
        changed.append("nickname")
    if birthday is not None and birthday != member.birthday:
        if member.birthday is not None:
            raise BirthdayFixed(field="birthday")
        member.birthday, member.birthday_set_on = birthday, clock.today()
        changed += ["birthday", "birthday_set_on"]
    if avatar is not None:
        if member.avatar:
            # The old file goes only when the new row is safe.
            storage, old = member.avatar.storage, member.avatar.name
            transaction.on_commit(lambda: storage.delete(old), robust=True)
        member.avatar = avatar
        changed.append("avatar")
    member.save(update_fields=changed)
    tell_when_complete(member)
    return member


def missing_from(user) -> list:
    """Return in words what a member's profile still lacks: nickname, birthday, verified e-mail; a
    picture is a matter of taste.
    """
    has_email = EmailAddress.objects.filter(user=user, verified=True, email=user.email).exists()
    parts = [
        (user.nickname, _("nickname")),
        (user.birthday, _("birthday")),
        (has_email, _("verified e-mail")),
    ]
    return [words for said, words in parts if not said]


@transactional
def tell_when_complete(user) -> None:
    """Tell the rooms above that a member's profile lacks nothing; harmless when told again."""
    if user.nickname and user.birthday and not missing_from(user):
        tell(events.profile_completed(user))


@transactional
def change_language(user, language) -> None:
    """Keep the language a member reads in: mails come in it. ``language`` is one of
    settings.LANGUAGES.
    """
    User.objects.filter(pk=user.pk).exclude(language=language).update(language=language)
    user.language = language
