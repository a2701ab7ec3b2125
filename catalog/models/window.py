"""Windows of time: from an instant on, until before another; None is no bound."""

from datetime import datetime

from django.db.models import Q


def is_within(starts_at: datetime | None, ends_at: datetime | None, as_of: datetime) -> bool:
    """Whether an instant falls into a window (the end excluded)."""
    return (starts_at is None or starts_at <= as_of) and (ends_at is None or as_of < ends_at)


def within(as_of: datetime, starts_at: str, ends_at: str) -> Q:
    """The same as ``is_within`` in SQL, of rows that have these two columns."""
    return (Q(**{f"{starts_at}__isnull": True}) | Q(**{f"{starts_at}__lte": as_of})) & (
        Q(**{f"{ends_at}__isnull": True}) | Q(**{f"{ends_at}__gt": as_of})
    )


def is_within_sale(as_of: datetime) -> Q:
    """``within`` the window of a sale."""
    return within(as_of, "sale_starts_at", "sale_ends_at")
