"""How the balances that moved in are named in the books."""

REFERENCE = "opening:"  # of every entry, and the number of the file behind it


def reference_of(row) -> str:
    """Return the reference of the entries of a file."""
    return f"{REFERENCE}{row.pk}"


def key_of(row, mark: str, day: str | None) -> str:
    """Return the idempotency key of a balance: the file, the person, and the last day."""
    return f"{REFERENCE}{row.pk}:{mark}:{day or ''}"
