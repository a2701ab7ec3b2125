"""A mail as the bytes a mail server gets: a text and the same as HTML, nothing attached.

Written out, because the e-mail package of Python, which can say everything, takes twice as long for
a mail of this one shape as all else that is done for it. What is written is what Django's own
message would be, header by header and part by part (tests/marketing/notices/test_mime.py).
"""

import re
import secrets
from email.header import Header
from email.quoprimime import body_encode
from email.utils import formatdate
from functools import lru_cache

from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from mall.core.smtp import is_plain

LONGEST_LINE = 998  # RFC 5322 2.1.1, without its end
SHORT_SUBJECT = 60  # what needs no folding
NEW_LINE = re.compile(r"\r\n|\r|\n")
SHORT_LINE = LONGEST_LINE // 4  # characters that make no longer line, whatever they are


class Letter(EmailMultiAlternatives):
    """A mail whose ``message`` is written here. Raises: BadHeaderError (a line break in a
    header).
    """

    def message(self):
        """Return what mail backends send."""
        return Written(self)


class Written:
    """As much of ``email.message.Message`` as mail backends ask for."""

    def __init__(self, letter: Letter):
        boundary = f"=_{secrets.token_hex(16)}"
        [(html, _type)] = letter.alternatives
        headers = {
            "Content-Type": f'multipart/alternative; boundary="{boundary}"',
            "MIME-Version": "1.0",
            "Subject": _subject(letter.subject),
            "From": _address(letter.from_email),
            "To": ", ".join(_address(one) for one in letter.to),
            "Date": formatdate(localtime=settings.EMAIL_USE_LOCALTIME),
            **letter.extra_headers,
        }
        parts = [_part("plain", letter.body), _part("html", html)]
        whole = [_lines(headers), *(f"--{boundary}\n{part}" for part in parts), f"--{boundary}--\n"]
        self._text = "\n".join(whole)

    def as_bytes(self, unixfrom=False, linesep="\n") -> bytes:
        """Return the mail; ``unixfrom`` is no matter of a mail server's."""
        text = self._text if linesep == "\n" else self._text.replace("\n", linesep)
        return text.encode()

    def as_string(self) -> str:
        """Return the mail as a text."""
        return self._text

    def get_charset(self):
        """Return None: the whole has none, its parts say theirs."""


def _lines(headers) -> str:
    """Return headers as lines, an empty one after them."""
    lines = []
    for name, value in headers.items():
        if "\n" in value.replace("\n ", "") or "\r" in value:
            raise BadHeaderError(f"A line break in {name}.")
        lines.append(f"{name}: {value}\n")
    return "".join(lines)


@lru_cache(maxsize=256)
def _subject(text) -> str:
    if "\n" in text or "\r" in text:
        raise BadHeaderError("A line break in Subject.")
    if text.isascii() and len(text) <= SHORT_SUBJECT:
        return text
    return Header(text, "utf-8", header_name="Subject").encode()


@lru_cache(maxsize=256)
def _address(address) -> str:
    return address if is_plain(address) else sanitize_address(address, "utf-8")


def _part(subtype, text) -> str:
    """Return a part; where a line is too long for a mail server, encoded so that none is."""
    text = NEW_LINE.sub("\n", text)
    encoding = "7bit" if text.isascii() else "8bit"
    lines = text.split("\n")
    is_short = max(map(len, lines)) <= SHORT_LINE
    if not is_short and any(len(line.encode()) > LONGEST_LINE for line in lines):
        encoding = "quoted-printable"
        text = body_encode(text.encode().decode("latin-1"))
    headers = {
        "Content-Type": f'text/{subtype}; charset="utf-8"',
        "MIME-Version": "1.0",
        "Content-Transfer-Encoding": encoding,
    }
    return f"{_lines(headers)}\n{text}"
