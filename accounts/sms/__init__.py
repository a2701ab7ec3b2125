"""Text messages behind one protocol; ``settings.SMS_PROVIDER`` names who sends them, "" nobody.

A message costs money, and whoever has the code in it is let in: what is asked for is counted first
(accounts/phone_codes.py), and no code stands in a log.
Source: docs/decisions/0086-who-is-proved-is-one-person.md.
"""

import time
from importlib import import_module
from typing import Protocol

import structlog
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mall.core.errors import DomainError

REST_SECONDS = 30  # nobody is asked after so many messages in a row got no answer
SILENT_IN_A_ROW = 3
log = structlog.get_logger(__name__)


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


class _Patience:
    """How often in a row the provider was silent, in this process."""

    silent = 0
    rests_until = 0.0


def is_offered() -> bool:
    """Whether the shop sends text messages at all."""
    return bool(settings.SMS_PROVIDER)


def send_code(number: str, code: str, *, minutes: int) -> None:
    """Send a code by the shop's provider. Raises: MessageRefused, MessengerSilent."""
    if time.monotonic() < _Patience.rests_until:
        raise MessengerSilent
    provider = import_module(f"{__name__}.{settings.SMS_PROVIDER}")
    try:
        provider.send_code(number, code, minutes=minutes)
    except MessengerSilent:
        _Patience.silent += 1
        if _Patience.silent >= SILENT_IN_A_ROW:
            _Patience.silent, _Patience.rests_until = 0, time.monotonic() + REST_SECONDS
            log.error("messenger_silent", asked_again_in_seconds=REST_SECONDS)
        raise
    _Patience.silent = 0


def forget_silence() -> None:
    """Ask the provider again at once, as a new process would."""
    _Patience.silent, _Patience.rests_until = 0, 0.0
