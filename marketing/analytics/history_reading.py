"""How a file of an earlier shop's orders is understood: which heading is which of our columns,
which of its words is which status, and whether an order's further lines leave its own fields blank.

What the exports of known platforms look like stands in platforms/*.toml, with the version and
source of each; ``own`` is the mall's.
"""

import csv
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from mall.core.tables.columns import folded
from mall.core.tables.errors import UnreadableTable
from marketing.analytics.history_row import COLUMNS, MAY_BE_EMPTY, STATUSES

FOLDER = Path(__file__).with_name("platforms")
OWN = "own"
OPEN = "open"  # a word for an order that is not over: nothing to report yet
CANCELLED_AT, CURRENCY = "cancelled_at", "currency"
EXTRA = (CANCELLED_AT, CURRENCY)  # read where a platform has them
OF_THE_ORDER = ("order_no", "ordered_at", "customer", "status", *EXTRA)


class BadReading(ValueError):
    """What was asked for cannot be read that way; the text says why."""


@dataclass(frozen=True)
class Reading:
    """``columns``: {ours: their headings, the first filled in counts}; ``statuses``: {their word,
    folded: ours, or OPEN}.
    """

    platform: str = OWN
    columns: dict = field(default_factory=dict)
    statuses: dict = field(default_factory=dict)
    fill_down: bool = False

    def found_in(self, titles: Sequence[str]) -> dict:
        """Return {ours: headings that are there}, each as the file writes it.

        Raises: UnreadableTable (a column that must be there is not).
        """
        written = {folded(title): title for title in reversed(titles) if title}
        found = {
            ours: tuple(written[key] for key in map(folded, theirs) if key in written)
            for ours, theirs in self.columns.items()
        }
        missing = [ours for ours in COLUMNS if ours not in MAY_BE_EMPTY and not found.get(ours)]
        if missing:
            raise UnreadableTable(
                _("The first line must name the columns; missing: %(columns)s. It has: %(found)s.")
                % {
                    "columns": ", ".join(self._shown(ours) for ours in missing),
                    "found": ", ".join(filter(None, titles)) or "–",
                }
            )
        return found

    def status_of(self, word: str) -> str:
        """Return our status for one of their words, OPEN, or nothing for a word nobody knows."""
        return self.statuses.get(folded(word), "")

    def _shown(self, ours):
        theirs = self.columns.get(ours) or (ours,)
        return ours if theirs[0] == ours else f"{ours} ({theirs[0]})"


@cache
def platforms() -> dict:
    """Return {key: (name, Reading)} of every platform, the mall's own first."""
    read = {path.stem: _loaded(path) for path in sorted(FOLDER.glob("*.toml"))}
    return {OWN: read.pop(OWN), **read}


def _loaded(path):
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    statuses = {folded(word): ours for ours, words in told["statuses"].items() for word in words}
    columns = {ours: tuple(theirs) for ours, theirs in told["columns"].items()}
    return told["name"], Reading(path.stem, columns, statuses, told.get("fill_down", False))


def reading_of(
    platform: str = OWN,
    *,
    columns: Iterable[str] = (),
    statuses: Iterable[str] = (),
    fill_down: bool = False,
) -> Reading:
    """Return a platform's reading with what is said beside it: texts such as ``theirs=ours,…``.

    Raises: BadReading.
    """
    if platform not in platforms():
        raise BadReading(
            _("There is no platform %(name)s; known: %(known)s.")
            % {"name": platform, "known": ", ".join(platforms())}
        )
    _name, reading = platforms()[platform]
    own_words = platforms()[OWN][1].statuses
    named = {}
    for theirs, ours in _pairs(columns, (*COLUMNS, *EXTRA)):
        named.setdefault(ours, []).append(theirs)
    said = {folded(theirs): ours for theirs, ours in _pairs(statuses, (*STATUSES, OPEN))}
    return replace(
        reading,
        columns=reading.columns | {ours: tuple(theirs) for ours, theirs in named.items()},
        statuses={**own_words, **reading.statuses, **said},
        fill_down=reading.fill_down or fill_down,
    )


def check_headings(columns: Iterable[str], titles: Sequence[str]) -> None:
    """Check that every heading that was said (``theirs=ours,…``) stands in the file: one typed
    wrong would leave its column empty. Raises: BadReading.
    """
    there = {folded(title) for title in titles}
    said = [theirs for theirs, _ours in _pairs(columns, (*COLUMNS, *EXTRA))]
    if missing := [theirs for theirs in said if folded(theirs) not in there]:
        raise BadReading(
            _("The file has no heading %(missing)s. It has: %(found)s.")
            % {"missing": ", ".join(missing), "found": ", ".join(titles)}
        )


def _pairs(texts, known):
    """Yield (theirs, ours) of ``theirs=ours,…``; a comma inside quotation marks is theirs."""
    for pair in (pair for text in texts for pair in next(csv.reader([text]), ())):
        theirs, sign, ours = (part.strip() for part in pair.rpartition("="))
        if not sign or not theirs or ours not in known:
            raise BadReading(
                _("“%(pair)s” is not theirs=ours with one of ours: %(known)s.")
                % {"pair": pair, "known": ", ".join(sorted(known))}
            )
        yield theirs, ours


def guess(titles: Sequence[str]) -> Reading:
    """Return the reading that fits these headings best; a column that its platform does not find
    is looked for by every platform's headings.
    """
    there = {folded(title) for title in titles}

    def fit(platform):
        columns = platforms()[platform][1].columns
        hits = [ours for ours, theirs in columns.items() if there & set(map(folded, theirs))]
        return len(set(hits) - set(EXTRA)), len(hits)

    best = reading_of(max(platforms(), key=fit))
    columns = dict(best.columns)
    for _name, other in platforms().values():
        for ours, theirs in other.columns.items():
            if ours in COLUMNS and not there & set(map(folded, columns.get(ours, ()))):
                columns[ours] = theirs
    return replace(best, columns=columns, statuses={**_every_word(), **best.statuses})


@cache
def _every_word():
    return {
        word: ours
        for _name, reading in platforms().values()
        for word, ours in reading.statuses.items()
    }
