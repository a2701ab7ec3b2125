"""Text messages behind one protocol; ``settings.SMS_PROVIDER`` names who sends them, "" nobody.

A message costs money, and whoever has the code in it is let in: what is asked for is counted first
(accounts/phone_codes.py), and no code stands in a log.
Source: docs/decisions/0086-who-is-proved-is-one-person.md.
"""

from importlib import import_module
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mall.core.breaker import Breaker
from mall.core.errors import DomainError


class MessageRefused(DomainError):
    """The provider does not send to this number now: it had too many today, or there is none."""

    code = "message_refused"
    status = 400
    field = "phone"
    message = _("No message can be sent to this number now. Try another number, or tomorrow.")


class MessengerSilent(DomainError):
    """The provider does not answer, or not to us (no credit, a wrong key): nothing was sent."""

    code = "message_unavailable"
    status = 503
    message = _("We cannot send text messages right now. Please try again in a few minutes.")
    retry_after_seconds = 60


class Provider(Protocol):
    """What the shop asks of who sends its messages: a module with this name, which writes nothing
    and is called in no transaction.
    """

    def send_code(self, number: str, code: str, *, minutes: int) -> None:
        """Send a code to a number in its kept form; it is good for ``minutes``. Raises:
        MessageRefused, MessengerSilent.
        """

    def send_notice(self, number: str, title: str) -> None:
        """Send a notice in some words. Raises: MessageRefused, MessengerSilent."""

    def offers_notices(self) -> bool:
        """Whether notices can be sent, too."""


breaker = Breaker("messenger", MessengerSilent)


def is_offered() -> bool:
    """Whether the shop sends text messages at all."""
    return bool(settings.SMS_PROVIDER)


def send_code(number: str, code: str, *, minutes: int) -> None:
    """Send a code by the shop's provider. Raises: MessageRefused, MessengerSilent."""
    with breaker.watching():
        _provider().send_code(number, code, minutes=minutes)


def offers_notices() -> bool:
    """Whether the shop sends notices by text message, beside codes."""
    return is_offered() and _provider().offers_notices()


def send_notice(number: str, title: str) -> None:
    """Send a notice by the shop's provider. Raises: MessageRefused, MessengerSilent."""
    with breaker.watching():
        _provider().send_notice(number, title)


def _provider():
    return import_module(f"{__name__}.{settings.SMS_PROVIDER}")
