"""The back office of points: books, rules, points on the way, adjustments, cases."""

from points import (
    adjustments_admin,
    books_admin,
    budgets_admin,
    cases_admin,
    entries_admin,
    events_admin,
    grants_admin,
    risk_admin,
    rules_admin,
    tiers_admin,
)
from points.moving_in import admin as moving_in_admin

__all__ = [
    "adjustments_admin",
    "books_admin",
    "budgets_admin",
    "cases_admin",
    "entries_admin",
    "events_admin",
    "grants_admin",
    "moving_in_admin",
    "risk_admin",
    "rules_admin",
    "tiers_admin",
]
