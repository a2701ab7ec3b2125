"""What a report is made of: numbers beside those before, curves, tables. No words of HTML here, no
queries.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Tile:
    """One number, and the same of the days before. ``unit``: count, points, yuan, share, days."""

    name: str
    label: str
    value: object
    unit: str = "count"
    before: object = None

    @property
    def change(self):
        """Return by which share the number changed, or None when there is nothing to compare."""
        if self.value is None or not self.before:
            return None
        return float(self.value) / float(self.before) - 1


@dataclass(frozen=True)
class Chart:
    """Curves or bars over the same labels: series is [(label, numbers)]."""

    title: str
    labels: list
    series: list
    kind: str = "line"

    @property
    def is_empty(self) -> bool:
        return not any(number for _label, numbers in self.series for number in numbers)


@dataclass(frozen=True)
class Column:
    """A column: its name for programs, its title for people, and its unit as for tiles, or text or
    day.
    """

    name: str
    title: str
    unit: str = "count"


@dataclass(frozen=True)
class Table:
    """Rows under columns; ``is_heat`` shades shares by their size."""

    name: str
    title: str
    columns: list
    rows: list
    is_heat: bool = False


@dataclass(frozen=True)
class Report:
    """A page of numbers; ``counted_at`` is None before anything has been counted."""

    name: str
    title: str
    note: str = ""
    tiles: list = field(default_factory=list)
    charts: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    counted_at: datetime | None = None
    has_period: bool = True

    def table(self, name) -> Table | None:
        """Return a table by its name, or None."""
        return next((table for table in self.tables if table.name == name), None)
