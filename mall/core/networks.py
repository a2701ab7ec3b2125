"""Whom an address stands for when strangers are counted: an IPv4 address, or a whole /64 of IPv6.

A household or a phone gets at least a /64 and changes the rest of its address at will (RFC 6177,
RFC 8981), so a limit per IPv6 address is none. What is shown and logged stays the whole address.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PREFIX = 64
NEIGHBOURHOOD = {4: 24, 6: 48}  # what one site is given at most (RFC 6177, section 2)
CALLERS = 4096  # whose address is known as it is written


@lru_cache(CALLERS)
def plain(address: str) -> str:
    """Return an address as it is written; an IPv4 one that came through an IPv6 socket (::ffff:…)
    as IPv4.
    """
    parsed = _parsed(address)
    return address if parsed is None else str(parsed)


def network_of(address: str) -> str:
    """Return the key strangers at an address are counted under: ``192.0.2.7``,
    ``2001:db8::/64``.
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), PREFIX), strict=False))
    return plain(address)


@lru_cache(CALLERS)
def neighbourhood_of(address: str) -> str:
    """Return the wider network of an address, in which those of one shop, school or office stand:
    ``192.0.2.0/24``, ``2001:db8:1::/48``; "" of what is no address.
    """
    parsed = _parsed(address)
    if parsed is None:
        return ""
    network = IPv4Network if isinstance(parsed, IPv4Address) else IPv6Network
    # by its number: a scope (fe80::1%eth0) is no part of it
    return str(network((int(parsed), NEIGHBOURHOOD[parsed.version]), strict=False))


def _parsed(address) -> IPv4Address | IPv6Address | None:
    """Return the address, None for what is none (a socket's name)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
