"""Where calls to others may go: an address that an operator typed or a browser told is asked by our
server, from inside the shop's network, so it must be one of the open internet.

The name is looked up once, and what is looked at is what is connected to: a name that answers
differently the second time (DNS rebinding) leads nowhere else.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAT64 = ip_network("64:ff9b::/96")
PORTS = {"http": 80, "https": 443}


class Unreachable(Exception):
    """Nobody can be asked there: the name leads nowhere, or to where webhooks may not go."""


class Target(NamedTuple):
    """Where a message goes: the server's name, the address it is reached at, and the path."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def check(url: str) -> str:
    """Return an operator's address as it is kept. Raises: ValidationError with a sentence."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise ValidationError(_("Write an address like https://example.com/hooks.")) from None
    is_plain = parts.scheme == "http" and settings.WEBHOOKS_PRIVATE
    if parts.scheme != "https" and not is_plain:
        raise ValidationError(_("The address begins with https://."))
    is_odd = any(mark.isspace() or not mark.isprintable() for mark in url) or "\\" in url
    if not host or is_odd or port == 0 or not url.isascii():
        raise ValidationError(_("Write an address like https://example.com/hooks."))
    if parts.username is not None or parts.password is not None:
        raise ValidationError(_("No name and password in the address: the signature proves us."))
    if parts.fragment:
        raise ValidationError(_("The part after # is never sent; leave it out."))
    if _is_written_private(host):
        raise ValidationError(
            _("This address lies inside a private network, where we do not call.")
        )
    return url


def find(url: str) -> Target:
    """Look an address up. Raises: Unreachable."""
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("the name leads nowhere") from error
    addresses = [entry[4][0] for entry in found]
    if not settings.WEBHOOKS_PRIVATE and not all(map(is_public, addresses)):
        raise Unreachable("the name leads into a private network")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, path, addresses[0])


def is_public(address: str) -> bool:
    """Say whether an address is one of the open internet, also the IPv4 one inside an IPv6 one."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None and not _is_open(inner):
            return False
        if found.ipv4_mapped:
            return True
    return _is_open(found)


def _is_open(found) -> bool:
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _is_written_private(host) -> bool:
    """Say whether the host is written as an address that may not be asked; names are looked up
    when they are.
    """
    if settings.WEBHOOKS_PRIVATE:
        return False
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".internal", ".local"))
