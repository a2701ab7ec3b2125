"""Redis watched by sentinels: one URL for cache and broker,
``sentinel://a:26379,b:26379/0?master=mall``.

The sentinels say which server is the master now; when it dies, they choose another and everybody
asks again. User and password before the ``@`` are the Redis servers'; the sentinels' own go into
``sentinel_password``.

Source: django-redis 7.0.0 ``SentinelConnectionFactory``, kombu 5.7.0 ``SentinelChannel``, redis-py
8.1.0.
"""

import re
import socket
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from redis.backoff import NoBackoff
from redis.retry import Retry

SCHEME = "sentinel://"
PORT = 26379
FORM = "sentinel://a:26379,b:26379/0?master=mall"
KNOWN = {"master", "sentinel_password"}
PATIENCE_SECONDS = 0.5  # for one sentinel; the next one is asked then


@dataclass(frozen=True)
class Group:
    """The sentinels of one master, and a database of it."""

    sentinels: tuple
    master: str
    database: int
    username: str = ""
    password: str = ""
    sentinel_password: str = ""

    @property
    def sentinel_options(self) -> dict:
        """How each sentinel is asked: once. redis-py's own default tries a dead one for seconds at
        each new link.
        """
        asked = {
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        return {**asked, "password": self.sentinel_password} if self.sentinel_password else asked


def read(url) -> Group:
    """Return what a sentinel:// URL names. Raises: ValueError with what is wrong, for an
    operator.
    """
    try:
        # by hand: since Python 3.13 urlsplit takes an IPv6 address only where it stands alone
        rest = url.partition("://")[2]
        places = re.split("[/?#]", rest, maxsplit=1)[0]
        parts = urlsplit(rest.removeprefix(places))
        user, _at, hosts = places.rpartition("@")
        sentinels = tuple(_place(host) for host in hosts.split(","))
    except ValueError:
        raise ValueError(
            f"name the sentinels with their ports, separated by commas: {FORM}"
        ) from None
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(said) - KNOWN):
        raise ValueError(f"{unknown[0]} is no option here: use {FORM}")
    if not said.get("master"):
        raise ValueError(f"name the master the sentinels watch: {FORM}")
    number = parts.path.strip("/") or "0"
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"the database is a number: {FORM}")
    name, _colon, word = user.partition(":")
    return Group(
        sentinels,
        said["master"],
        int(number),
        unquote(name),
        unquote(word),
        said.get("sentinel_password", ""),
    )


def _place(host):
    parts = urlsplit(f"//{host}")
    if not parts.hostname or parts.path or ";" in host:
        raise ValueError(host)
    return parts.hostname, parts.port or PORT


def fault_of(url) -> str:
    """Say why a sentinel:// URL cannot work, or nothing."""
    try:
        read(url)
    except ValueError as error:
        return str(error)
    return ""


def cache(url, options) -> dict:
    """Return a CACHES entry for a Redis URL of any scheme, with the options of a plain one.

    Only the master is asked: a copy may answer with what a session was a moment ago.
    """
    entry = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}
    if not url.startswith(SCHEME):
        return entry
    group = read(url)
    watched = {
        "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
        "SENTINELS": list(group.sentinels),
        "SENTINEL_KWARGS": group.sentinel_options,
        # Not as the host of LOCATION, where django-redis puts it: a host's capitals are lost on the
        # way.
        "CONNECTION_POOL_KWARGS": {"service_name": group.master},
        "USERNAME": group.username,
        "PASSWORD": group.password,
    }
    return {
        **entry,
        "LOCATION": f"redis://sentinel/{group.database}",
        "OPTIONS": {**options, **watched},
    }


def broker(url, options) -> tuple[str, dict]:
    """Return Celery's broker URL and transport options for a URL of any scheme."""
    if not url.startswith(SCHEME):
        return url, options
    group = read(url)
    user = (
        f"{quote(group.username, safe='')}:{quote(group.password, safe='')}@"
        if group.username or group.password
        else ""
    )
    places = (
        f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in group.sentinels
    )
    addresses = ";".join(f"{SCHEME}{user}{place}/{group.database}" for place in places)
    watched = {
        "master_name": group.master,
        "sentinel_kwargs": group.sentinel_options,
        "socket_connect_timeout": PATIENCE_SECONDS,
        # A master whose machine is gone says no goodbye: without this a worker would listen to it
        # for hours.
        "socket_keepalive": True,
        "socket_keepalive_options": {
            getattr(socket, name): n for name, n in KEEPALIVE.items() if hasattr(socket, name)
        },
    }
    return addresses, {**options, **watched}


KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
