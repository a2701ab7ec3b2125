"""The columns a door reads: found by their headings, whichever language they are written in."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from mall.core.tables import cells
from mall.core.tables.errors import UnreadableTable

TITLES_MAX = 5  # the headings stand among so many first rows: titles may stand over them
BETWEEN = re.compile(r"[\s_\-.:*]+")
# pieces, points, yuan; required, optional: what a heading counts in, and whether it must be filled
# in, says nothing of which column it is
ASIDE = re.compile(
    r"(?:[(\[\u3010](?:\u4ef6|\u4e2a|\u5206|\u79ef\u5206|\u5143|\u4eba\u6c11\u5e01"
    r"|pcs|pieces|points|yuan|cny|rmb|[\xa5]"
    r"|\u5fc5\u586b|\u9009\u586b|\u5fc5\u987b|\u53ef\u9009|required|optional)[)\]\u3011])+\Z"
)


@dataclass(frozen=True)
class Column:
    """A column by its ``name``, which is always a heading for it; ``titles`` are the others: plain
    or lazily translated texts, of which every language counts; several in one stand apart by ``|``.

    ``is_code``: an identifier (number of an order, SKU, key, phone), of which no date was meant.
    """

    name: str
    titles: tuple[str, ...] = ()
    required: bool = False
    is_code: bool = False

    def known(self) -> set[str]:
        """Return every heading it goes by, folded, in all languages of the shop."""
        found = {folded(self.name)}
        for code, _name in settings.LANGUAGES:
            with translation.override(code):
                for titles in self.titles:
                    found |= {folded(title) for title in str(titles).split("|")}
        return found


class Row(NamedTuple):
    """One row: the line of the file it begins in (from 1), the text of every declared column
    (empty where the file has none), and why it cannot be right, if so.
    """

    line: int
    cells: dict[str, str]
    fault: str = ""


class Columns(NamedTuple):
    """Some rows, column by column: what a ``Row`` has, a sequence of each."""

    lines: Sequence[int]
    cells: dict[str, Sequence[str]]
    faults: Sequence[str]


def folded(title: str) -> str:
    """Return a heading as headings are compared: trimmed, any width and case, however spaced."""
    plain = BETWEEN.sub("", unicodedata.normalize("NFKC", cells.bare(title)).casefold())
    return ASIDE.sub("", plain)


def matches(titles: Sequence[str], columns: Sequence[Column]) -> int:
    """Return how many of these headings a column answers to."""
    known = set().union(*(column.known() for column in columns))
    return sum(folded(title) in known for title in titles)


def heading_place(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> int:
    """Return which of the first rows holds the headings: the one that names most of the required
    columns, and then most of all; where nothing is required, the first that is no title: these are
    narrow, and stand in one cell or in several with blank ones between them.
    """
    required = [column.known() for column in columns if column.required]
    if not required:
        filled = [[bool(cells.bare(text)) for text in row] for row in rows]
        widest = max(map(sum, filled))
        return next(place for place, row in enumerate(filled) if not _is_title(row, widest))

    every = set().union(*(column.known() for column in columns))

    def named(place):
        titles = {folded(text) for text in rows[place]}
        return sum(not known.isdisjoint(titles) for known in required), len(titles & every)

    return max(range(len(rows)), key=lambda place: (*named(place), -place))


def _is_title(filled, widest):
    has_gaps = not all(filled[: sum(filled)])
    return sum(filled) * 2 <= widest and (sum(filled) == 1 or has_gaps)


def places(titles: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Return the place of every declared column that is there. Raises: UnreadableTable (a heading
    missing or twice).
    """
    found, doubled = {}, []
    for column in columns:
        known = column.known()
        there = [place for place, title in enumerate(titles) if title and folded(title) in known]
        doubled += [titles[place].strip() for place in there[1:]]
        if there:
            found[column.name] = there[0]
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
    title = str(column.titles[0]).partition("|")[0] if column.titles else ""
    return f"{column.name} ({title})" if title not in ("", column.name) else column.name
