"""The back office of points: books, rules, points on the way, adjustments, cases."""

from points.admin import adjustments, books, cases, grants, rules

__all__ = ["adjustments", "books", "cases", "grants", "rules"]
