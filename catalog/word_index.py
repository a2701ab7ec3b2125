"""The words of the goods on sale, asked of the database or kept in the process until an edit: then
a search of ten thousand goods costs a few milliseconds instead of a statement that reads all rows.

The database answers where nothing may be kept: inside a transaction, without the cache, while
another thread reads the words anew, and in a shop of more goods than are kept.
Source: docs/decisions/0069-search-finds-what-is-typed.md.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from threading import Lock
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Func, IntegerField, Q, Value
from django.db.models.lookups import GreaterThan

from catalog import kept
from catalog.audience import VISITOR, is_shown, shown_to
from catalog.models import ProductWords, is_within, is_within_sale
from mall.core import clock, rows
from mall.core.memory import Memory

MOST_KEPT = 20_000  # goods, about 1.5 kB each
END = "\0"  # between two rows: in no text

_indexes, _reading = Memory(1), Lock()


class Words(NamedTuple):
    """What is sought of a product, as catalog/models/words.py draws it."""

    pk: int
    pressed: str
    sounds: str
    text: str


@dataclass(frozen=True, slots=True)
class Says:
    """The condition that a product says all these parts."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sounds:
    """The condition that its name, from one of its syllables on, sounds like a word."""

    word: str


class Place(Func):
    """Where some bytes begin in others; 0 where they are not in them."""

    function = "INSTR"
    output_field = IntegerField()


class AskedWords:
    """The words as the database has them."""

    def ids(self, asked, most: int, tier: int = VISITOR) -> list[int]:
        """Return the ids of what ``rows`` finds."""
        found = self.query(asked, tier).values_list("pk", flat=True)[:most]
        return [pk for (pk,) in rows.fetch(*found.query.sql_with_params())]

    def of(self, ids) -> list[Words]:
        """Return the words of some goods."""
        if not ids:
            return []
        told = f"FROM {rows.table(ProductWords)} WHERE product_id IN ({rows.marks(ids)})"
        found = rows.fetch(f"SELECT product_id, pressed, sounds, text {told}", ids)
        return [_words(*row) for row in found]

    def rows(self, asked, most: int, tier: int = VISITOR) -> list[Words]:
        """Return what fulfils one of the conditions of each group, as a reader of a tier sees
        it.
        """
        found = self.query(asked, tier).values_list("pk", "pressed", "sounds", "text")[:most]
        return [_words(*row) for row in found]

    def query(self, asked, tier: int = VISITOR):
        """Return the rows on sale that fulfil one of the conditions of each group."""
        offered = ProductWords.objects.filter(is_within_sale(clock.now()), is_offered=True)
        rows = offered.filter(shown_to(tier)).order_by()
        for conditions in asked:
            rows = rows.filter(Q.create([_sql(one) for one in conditions], connector=Q.OR))
        return rows


class KeptWords:
    """The words of all goods on sale or soon, as they were read once."""

    def __init__(self, rows):
        self._rows = [(_words(*row[:4]), *row[4:]) for row in rows]
        self._pressed = _Texts([row.pressed for row, *_offer in self._rows])
        self._sounds = _Texts([row.sounds for row, *_offer in self._rows])

    def ids(self, asked, most: int, tier: int = VISITOR) -> list[int]:
        """Return what ``AskedWords.ids`` does."""
        return [row.pk for row in self.rows(asked, most, tier)]

    def of(self, ids) -> list[Words]:
        """Return what ``AskedWords.of`` does."""
        places = (bisect_left(self._rows, pk, key=_pk_of) for pk in ids)
        return [self._rows[place][0] for place in places]

    def rows(self, asked, most: int, tier: int = VISITOR) -> list[Words]:
        """Return what ``AskedWords.rows`` does."""
        first, *others = asked
        places = set().union(*map(self._places, first))
        for conditions in others:  # few are left to be looked at
            places = {place for place in places if self._fulfils_one(place, conditions)}
        now, found = clock.now(), []
        for place in sorted(places):
            row, starts_at, ends_at, tier_to_see = self._rows[place]
            if is_within(starts_at, ends_at, now) and is_shown(tier_to_see, tier):
                found.append(row)
            if len(found) == most:
                break
        return found

    def _fulfils_one(self, place, conditions):
        row = self._rows[place][0]
        return any(
            f"\n{one.word}" in row.sounds
            if isinstance(one, Sounds)
            else all(part in row.pressed for part in one.parts)
            for one in conditions
        )

    def _places(self, condition) -> set[int]:
        if isinstance(condition, Sounds):
            return self._sounds.places_of(f"\n{condition.word}")
        return set.intersection(*map(self._pressed.places_of, condition.parts))


class _Texts:
    """Texts behind one another: what is in few of them is found in one go."""

    def __init__(self, texts):
        self._all = END.join(texts)
        self._starts = list(accumulate((len(text) + 1 for text in texts), initial=0))

    def places_of(self, part: str) -> set[int]:
        """Return the numbers of the texts that hold a part."""
        found, at = set(), self._all.find(part)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            found.add(place)
            at = self._all.find(part, self._starts[place + 1])
        return found


def current() -> AskedWords | KeptWords:
    """Return where to seek now: what is kept, read anew after an edit or KEPT_SECONDS; else the
    database.
    """
    versions = None if transaction.get_connection().in_atomic_block else kept.versions()
    if versions is None:
        return AskedWords()
    found = _indexes.get("words", versions[0], clock.now())
    if found is None and _reading.acquire(blocking=False):
        try:
            found = _read(versions[0])
        finally:
            _reading.release()
    return found or AskedWords()


def _read(version):
    now = clock.now()
    found = KeptWords(rows) if (rows := read_all()) is not None else AskedWords()
    until = now + timedelta(seconds=kept.KEPT_SECONDS)
    _indexes.put("words", version, now, until, found)
    return found


def read_all() -> list | None:
    """Return the words, window and tier of what is offered; None where that is too much to keep."""
    columns = ("pk", "pressed", "sounds", "text", "sale_starts_at", "sale_ends_at", "tier_to_see")
    offered = ProductWords.objects.filter(is_offered=True, pressed__isnull=False).order_by("pk")
    rows = list(offered.values_list(*columns)[: MOST_KEPT + 1])
    return rows if len(rows) <= MOST_KEPT else None


def _pk_of(row) -> int:
    return row[0].pk


def _words(pk, pressed, sounds, text) -> Words:
    return Words(pk, *(bytes(told or b"").decode() for told in (pressed, sounds, text)))


def _sql(condition) -> Q:
    if isinstance(condition, Sounds):
        return _holds("sounds", f"\n{condition.word}")
    return Q(*(_holds("pressed", part) for part in condition.parts))


def _holds(column, part) -> Q:
    return Q(GreaterThan(Place(F(column), Value(part.encode())), 0))
