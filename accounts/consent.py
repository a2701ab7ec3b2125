"""What members agreed to: which version of the terms and of the privacy policy, when, and where.

A new version that binds (mall.core.face) is asked about at the next sign-in until the member
agrees; nobody is locked out meanwhile, neither a page nor an app.
"""

import re
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent
from mall.core import face
from mall.core.errors import DomainError

SEEN = re.compile(r"(\d{1,9})\.(\d{1,9})", re.ASCII)


class OtherVersion(DomainError):
    """Somebody agrees to a text that was never published."""

    code = "other_version"
    status = 400
    message = _("There is another version now. Please read it and agree again.")


@dataclass(frozen=True)
class Versions:
    """Versions of both texts: of the terms, and of the privacy policy."""

    terms: int
    privacy: int

    def __str__(self):
        return f"{self.terms}.{self.privacy}"

    def covers(self, other: "Versions") -> bool:
        """Whether who agreed to these agreed to the others too."""
        return self.terms >= other.terms and self.privacy >= other.privacy


def published() -> Versions:
    """Return the versions that are read now."""
    return Versions(face.page_of("terms").version, face.page_of("privacy").version)


def read(seen) -> Versions | None:
    """Return the versions a form or an app says it showed, ``"<terms>.<privacy>"``; None when it
    says nothing that can be: what was never published nobody saw.
    """
    found = SEEN.fullmatch(seen) if isinstance(seen, str) else None
    versions = found and Versions(int(found[1]), int(found[2]))
    return versions if versions and published().covers(versions) else None


def note(user, versions: Versions, *, door: str) -> Consent:
    """Write down that a member agreed to versions; agreeing twice is said twice."""
    return Consent.objects.create(
        user=user,
        terms=versions.terms,
        privacy=versions.privacy,
        door=door,
        language=get_language() or user.language,
    )


def agree(user, versions: Versions, *, door: str) -> Consent:
    """Agree to versions later on. Raises: OtherVersion when a newer one binds, or there is none."""
    if not (published().covers(versions) and versions.covers(Versions(*face.binding()))):
        raise OtherVersion
    return note(user, versions, door=door)


def given(user) -> Versions | None:
    """Return the newest versions a member agreed to; None: to none that is written down."""
    row = Consent.objects.filter(user=user).order_by("-pk").values_list("terms", "privacy").first()
    return row and Versions(*row)


def is_needed(user) -> bool:
    """Whether a member has to be asked. One question, and none while nothing binds."""
    needed = Versions(*face.binding())
    if needed == Versions(0, 0):
        return False
    agreed = given(user)
    return agreed is None or not agreed.covers(needed)
