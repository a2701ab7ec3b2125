"""What a comparison of the books found."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One mismatch: whose books, which check, and the two numbers that should be one."""

    account: int | None
    check: str
    expected: str = ""
    found: str = ""

    def as_dict(self):
        """Return the finding for JSON."""
        return asdict(self)
