"""The columns a door reads: found by their headings, whichever language they are written in."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mall.core.tables import cells
from mall.core.tables.errors import UnreadableTable

BETWEEN = re.compile(r"[\s_\-]+")


@dataclass(frozen=True)
class Column:
    """A column by its ``name``, which is always a heading for it; ``titles`` are the others.

    ``is_code``: an identifier (number of an order, SKU, key, phone), of which no date was meant.
    """

    name: str
    titles: tuple[str, ...] = ()
    required: bool = False
    is_code: bool = False

    def answers_to(self, title: str) -> bool:
        """Return whether a folded heading is this column's."""
        return title in {folded(known) for known in (self.name, *self.titles)}


@dataclass(frozen=True)
class Row:
    """One row: the line of the file it begins in (from 1), the text of every declared column
    (empty where the file has none), and why it cannot be right, if so.
    """

    line: int
    cells: dict[str, str]
    fault: str = ""


def folded(title: str) -> str:
    """Return a heading as headings are compared: trimmed, any width and case, however spaced."""
    return BETWEEN.sub("", unicodedata.normalize("NFKC", cells.bare(title)).casefold())


def matches(titles: Sequence[str], columns: Sequence[Column]) -> int:
    """Return how many of these headings a column answers to."""
    known = {folded(name) for column in columns for name in (column.name, *column.titles)}
    return sum(folded(title) in known for title in titles)


def places(titles: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return the place of every declared column that is there. Raises: UnreadableTable (a heading
    missing or twice).
    """
    found, doubled = {}, []
    for place, title in enumerate(folded(title) for title in titles):
        for column in columns:
            if title and column.answers_to(title):
                if column.name in found:
                    doubled.append(titles[place].strip())
                found.setdefault(column.name, place)
    if missing := [column for column in columns if column.required and column.name not in found]:
        raise UnreadableTable(
            _("The first row must name the columns. Missing: %(missing)s; found: %(found)s.")
            % {
                "missing": listed(_shown(column) for column in missing),
                "found": listed(title for title in titles if title.strip()) or "–",
            }
        )
    if doubled:
        raise UnreadableTable(
            _("These columns stand in the file twice: %(titles)s. Please leave one of each.")
            % {"titles": listed(doubled)}
        )
    return found


def listed(names, most=12) -> str:
    """Return names as one text, cut where nobody reads on."""
    names = [str(name).strip()[:40] for name in names]
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _shown(column):
    return f"{column.name} ({column.titles[0]})" if column.titles else column.name
