"""What a profile demands of its environment; everything missing or unsafe is said at once, a line
each.

Every value that is demanded or allowed here may lie in a file: NAME_FILE=/run/secrets/name instead
of NAME.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from mall.redis import sentinel

GATEWAYS = Path(__file__).resolve().parent.parent / "orders" / "payments" / "gateways"


class Environment:
    """Collects complaints about environment values; ``refuse()`` ends the start when there are
    any.
    """

    def __init__(self, environment=os.environ, *, own=None):
        """``own`` holds the profile's own values, for names the environment does not give."""
        self.environment = environment
        self.own = own or {}
        self.complaints = []

    def ask(self, name, *, why, unless=lambda value: "", default=""):
        """Return the value of ``name``; note a complaint when it is missing or ``unless`` finds it
        unsafe.
        """
        value = self._find(name)
        if value is None:
            return default
        if not value:
            self.complaints.append(f"{name} is missing: {why}")
            return default
        if fault := unless(value):
            self.complaints.append(f"{name} is unsafe: {fault}")
            return default
        return value

    def allow(self, name, *, unless=lambda value: ""):
        """Return the value of ``name``, empty when it is not set; note a complaint when ``unless``
        finds it unsafe.
        """
        value = self._find(name)
        if value and (fault := unless(value)):
            self.complaints.append(f"{name} is unsafe: {fault}")
            return ""
        return value or ""

    def _find(self, name):
        """Return a value without the space around it, "" when it is not set, None after a complaint
        about its file.
        """
        value = self.environment.get(name, "").strip()
        path = self.environment.get(f"{name}_FILE", "").strip()
        if not path:
            return value or self.own.get(name, "")
        fault = f"{name} is set too; keep one of the two" if value else ""
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            fault = fault or f"{path} cannot be read ({error.strerror})"
        except ValueError:
            fault = fault or f"{path} is no text file"
        if fault or not value:
            self.complaints.append(f"{name}_FILE is unsafe: {fault or f'{path} is empty'}")
            return None
        return value

    def know_gateways(self, names):
        """Note a complaint for each payment provider nobody has built."""
        for name in names:
            if not is_module(name, GATEWAYS):
                self.complaints.append(f"PAYMENT_PROVIDERS names {name!r}, which is none of ours")

    def refuse(self):
        """End the start when anything was missing or unsafe. Raises: SystemExit with a line for
        each.
        """
        if self.complaints:
            raise SystemExit(
                "\n".join(["The mall does not start:", *(f"  {line}" for line in self.complaints)])
            )


def is_module(name: str, folder: Path) -> bool:
    """Whether a name is one of the modules in a folder."""
    return name.isidentifier() and not name.startswith("_") and (folder / f"{name}.py").exists()


def short_or_guessable(value):
    """Say why a SECRET_KEY is unsafe, or nothing."""
    if len(value) < 50 or len(set(value)) < 5 or "insecure" in value:
        return "use 50 random characters or more"
    return ""


def short_code(value):
    """Say why a SETUP_CODE is unsafe, or nothing."""
    return "" if len(value) >= 10 and len(set(value)) >= 4 else "use 10 random characters or more"


def not_hex_keys(value):
    """Say why a comma-separated list of hex 32-byte keys is unsafe, or nothing."""
    for key in value.split(","):
        try:
            if len(bytes.fromhex(key)) != 32 or len(set(key)) < 5:
                raise ValueError
        except ValueError:
            return "each key is 64 random hex digits (openssl rand -hex 32)"
    return ""


def any_host(value):
    """Say why a list of host names is unsafe, or nothing."""
    if not all(host.strip() for host in value.split(",")):
        return "name the hosts, with one comma between two"
    return "name the hosts; * answers to anybody's name" if "*" in value.split(",") else ""


def not_scheme(*schemes):
    """Return a check that a URL begins with one of ``schemes`` and names a place."""

    def fault_of(value):
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            return f"the URL begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
        try:
            urlsplit(value).port  # noqa: B018 - raises when it is no number
        except ValueError:
            return "the port of the URL is a number up to 65535"
        return ""

    return fault_of


def not_redis(*schemes):
    """Return a check that a URL names a Redis by one of ``schemes``, or the sentinels that know
    it.
    """
    plain = not_scheme(*schemes, "sentinel")

    def fault_of(value):
        return sentinel.fault_of(value) if value.startswith(sentinel.SCHEME) else plain(value)

    return fault_of
