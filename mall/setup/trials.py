"""What an operator can try while setting the shop up: whether a mail leaves, whether visitors'
browsers trust the certificate. Nothing is asked of the network inside a transaction.
"""

import socket
import ssl
from datetime import UTC, datetime
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.core import audit, face
from mall.core.errors import DomainError
from mall.core.models import SetupStep
from mall.core.transactions import transactional

TIMEOUT = 5  # seconds
TO_FILES = "django.core.mail.backends.filebased.EmailBackend"  # the embedded profile's, unless told
Name = SetupStep.Name


class NotYet(DomainError):
    """What was tried did not work; the sentence says what came back."""

    code = "not_yet"
    status = 409
    message = gettext_lazy("%(what)s: %(why)s")


def send_mail(operator) -> SetupStep:
    """Send a mail to the operator, now. Raises: NotYet with what the mail server said, or that
    there is none.
    """
    if settings.EMAIL_BACKEND == TO_FILES:
        why = _("EMAIL_URL names no mail server, so mails are written to %(folder)s")
        raise NotYet(
            what=_("No mail leaves this shop"), why=why % {"folder": settings.EMAIL_FILE_PATH}
        )
    shop = face.current().name
    message = EmailMessage(
        _("A mail from %(shop)s") % {"shop": shop},
        _("Mails of this shop arrive. You asked for this one while setting the shop up."),
        settings.DEFAULT_FROM_EMAIL,
        [operator.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        raise NotYet(what=_("The mail was not taken"), why=_said(error)) from error
    return note(Name.MAIL, operator)


def check_certificate(operator) -> SetupStep:
    """Ask the shop's own address for its certificate, as a browser does. Raises: NotYet."""
    place = urlsplit(settings.SHOP_URL)
    if place.scheme != "https":
        why = _("the address of this shop begins with http://, so there is none")
        raise NotYet(what=settings.SHOP_URL, why=why)
    host, port = place.hostname, place.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as line,
            ssl.create_default_context().wrap_socket(line, server_hostname=host) as spoken,
        ):
            until = ssl.cert_time_to_seconds(spoken.getpeercert()["notAfter"])
    except (OSError, ValueError) as error:  # also ssl.SSLError, and names that are none
        raise NotYet(what=host, why=_said(error)) from error
    return note(Name.CERTIFICATE, operator, f"{datetime.fromtimestamp(until, UTC):%Y-%m-%d}")


@transactional
def note(name: str, operator, note: str = "") -> SetupStep:
    """Write down that a step was done; a later time takes the place of the one before."""
    step = SetupStep(name=name, done_by=operator, note=note[:200])
    SetupStep.objects.filter(name=name).delete()
    step.save(force_insert=True)
    audit.note(operator, "mall.setup_step", target=step, after={"step": name})
    return step


def _said(error) -> str:
    """Return what a server or the system said, on one line."""
    said = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return " ".join(str(said).split())[:200] or type(error).__name__
