"""Django's mail backend, which asks nothing of addresses that say all by themselves.

``name@example.com`` goes over the wire as it stands; Django (5.2) and smtplib parse it four times a
mail all the same, for as much as the conversation with the mail server costs. Any other address is
theirs.
"""

import re
import smtplib

from django.core.mail.backends import smtp

_PLAIN = re.compile(r"[A-Za-z0-9_+-]{1,64}(\.[A-Za-z0-9_+-]{1,64}){0,8}@[A-Za-z0-9.-]{1,180}\Z")


def is_plain(address: str) -> bool:
    """Say whether an address needs neither quotes nor encoding, and has no name before it."""
    return _PLAIN.match(address) is not None


class _Spoken:
    """SMTP's two commands that name somebody."""

    def mail(self, sender, options=()):
        """See smtplib."""
        if not is_plain(sender) or "smtputf8" in map(str.lower, options):
            return super().mail(sender, options)
        return self._name("mail FROM", sender, options)

    def rcpt(self, recip, options=()):
        """See smtplib."""
        if not is_plain(recip):
            return super().rcpt(recip, options)
        return self._name("rcpt TO", recip, options)

    def _name(self, command, address, options):
        more = f" {' '.join(options)}" if options and self.does_esmtp else ""
        self.putcmd(f"{command}:<{address}>{more}")
        return self.getreply()


class _Smtp(_Spoken, smtplib.SMTP):
    pass


class _SmtpOverTls(_Spoken, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """``settings.EMAIL_BACKEND``."""

    @property
    def connection_class(self):
        """See Django."""
        return _SmtpOverTls if self.use_ssl else _Smtp

    def _send(self, email_message):
        addresses = [email_message.from_email, *email_message.recipients()]
        if self.fail_silently or not all(map(is_plain, addresses)) or not addresses[1:]:
            return super()._send(email_message)
        said = email_message.message().as_bytes(linesep="\r\n")
        self.connection.sendmail(addresses[0], addresses[1:], said)
        return True
