"""What a log must not keep: keys in an address (new password, unsubscribe, sign-in elsewhere).

Whoever reads the logs could use them. ops/nginx/mall.conf.template says the same for nginx's log;
tests/mall/test_redaction.py asks both about every address of the mall that takes a key.
"""

import re

HIDDEN = "***"
# What an address begins with when the rest of its path is a key.
DOORS = (
    "s",
    "y",
    "welcome",
    "unsubscribe",
    "accounts/confirm-email",
    "accounts/password/reset/key",
)
QUERIES = (
    "access_token", "auth_code", "code", "js_code", "key", "password", "secret",
    "sign", "signature", "state", "ticket", "token",
)  # fmt: skip

# A page to go on to (?next=…) stands escaped in a query, once or oftener.
_SLASH, _QUERY, _EQUALS = r"(?:/|%(?:25)*2F)", r"(?:[?&]|%(?:25)*(?:3F|26))", r"(?:=|%(?:25)*3D)"
_REST = r"[^\s\"'\\<>]+"  # not a backslash: the line may be JSON already
# Django's "no such address" names the path without its first slash.
_doors = "|".join(re.escape(door).replace("/", f"{_SLASH}+") for door in DOORS)
_before = rf"(?:{_SLASH}|(?<![\w./-]))(?:{_doors}){_SLASH}|{_QUERY}(?:{'|'.join(QUERIES)}){_EQUALS}"
_KEYS = re.compile(rf"({_before}){_REST}", re.IGNORECASE)


def redact(text: str) -> str:
    """Return ``text`` without the keys of addresses; one ends at a blank or a quotation mark."""
    return _KEYS.sub(rf"\1{HIDDEN}", text)


def carries_key(path: str) -> bool:
    """Return whether the path of a request names a key."""
    return redact(path) != path


def redact_line(_logger, _level, line: str) -> str:
    """Hide keys in a finished log line: structlog's last processor, so that tracebacks pass it
    too.
    """
    return redact(line)
