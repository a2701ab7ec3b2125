"""A whole address as people paste it, taken apart into recipient, phone number, region and street.

Nothing is guessed: what is not certain stays empty, and a note beside its field says why. What was
read is shown to be confirmed and saved by nobody else. Parts may come in any order.
Source: docs/decisions/0092-addresses-are-read-not-guessed.md.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.pasted_text import (
    BREAK,
    beside_gap,
    chunks_of,
    labelled,
    without_numbers,
    without_short_numbers,
)
from mall.core import pasted, phones
from mall.core.errors import DomainError
from mall.core.phones import Territory
from mall.core.regions import reading, tree
from mall.core.regions.reading import Reading

LONGEST = 500
_HAN = re.compile(f"[{names.HAN}]")


class Unreadable(DomainError):
    """A text that holds no address in Chinese, or too much of one."""

    code = "unreadable_address"
    field = "text"
    status = 400
    message = _(
        "We can take apart addresses that are written in Chinese. Please fill in the fields below."
    )


class TooLong(Unreadable):
    """More than LONGEST characters; numbers: limit."""

    message = _("Paste one address of at most %(limit)s characters.")


@dataclass(slots=True)
class Parts:
    """What was read: a field that is empty was not certain, and ``notes`` (field -> sentence) say
    why. ``candidates`` are codes of regions, where several go by what was written.
    """

    recipient: str = ""
    territory: str = Territory.MAINLAND.value
    phone: str = ""
    region: str = ""
    region_code: str = ""
    detail: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()


def take_apart(text: str) -> Parts:
    """Return the parts of one pasted address. Raises: Unreadable, TooLong."""
    plain = unicodedata.normalize("NFKC", text.translate(pasted.UNSEEN)).strip()
    if len(plain) > LONGEST:
        raise TooLong(limit=LONGEST)
    if not _HAN.search(plain):
        raise Unreadable
    said = labelled(plain)
    bare, numbers = without_numbers(said)
    where = _find_region(bare)
    parts = Parts()
    _fill_region(parts, where)
    bare, more = without_short_numbers(bare, parts.territory)
    where = _find_region(bare) if more else where  # it stands elsewhere now
    _fill_phone(parts, [*numbers, *more])
    _fill_rest(parts, bare, where)
    return parts


def _fill_phone(parts, numbers):
    known = {}
    for number in numbers:
        kept = _canonical(number, parts.territory)
        if kept:
            known.setdefault(kept, None)
    if not known:
        parts.notes["phone"] = (
            _("We could not read “%(number)s” as a phone number here.") % {"number": numbers[0]}
            if numbers
            else _("There is no phone number in it.")
        )
        return
    parts.phone = phones.typed(next(iter(known)), parts.territory)
    if len(known) > 1:
        others = ", ".join(phones.shown(number) for number in list(known)[1:])
        parts.notes["phone"] = _("There is another number too: %(others)s.") % {"others": others}


def _canonical(number, territory) -> str:
    for region in dict.fromkeys((territory, Territory.MAINLAND)):
        try:
            return phones.canonical(number, region)
        except ValidationError:
            continue
    return ""


# --- the region ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a region was read: in which text, from where, and what it is."""

    place: int
    start: int
    said: Reading


def _find_region(said) -> _Where | None:
    """Return where the region stands: the reading that takes up most, at the beginning of a part;
    one without doubt before one that fits several; a territory alone where there is no other.
    """
    return _find(said, reading.read) or _find(said, reading.read_territory)


def _find(said, read) -> _Where | None:
    found = []
    for place, (kind, words) in enumerate(said):
        if kind in ("recipient", "phone"):
            continue
        for start in _starts(words, read):
            what = read(words[start:])
            if what is not None:
                found.append(_Where(place, start, what))
    return max(found, key=lambda one: (bool(one.said.code), one.said.end, -one.place), default=None)


def _starts(words, read):
    """Return where a part begins, and where one would behind a name without a blank."""
    starts = {0, *(found.end() for found in BREAK.finditer(words))}
    for start in sorted(starts):
        for length in (2, 3, 4):
            name = words[start : start + length]
            rest = read(words[start + length :])
            if rest and _is_certain(rest) and names.is_name(name):
                starts.add(start + length)
    return sorted(starts)


def _is_certain(said: Reading) -> bool:
    """Whether it says more than a province of the mainland, whose short name may be a road's."""
    if not said.code:
        return False
    is_deep = tree.find(said.code).level > tree.PROVINCE
    return is_deep or tree.territory_of(said.code) != Territory.MAINLAND


def _fill_region(parts, where):
    if where is None:
        parts.notes["region"] = _("We could not tell the province and city. Please add them.")
        return
    code = where.said.code
    if not code:
        parts.candidates = where.said.candidates
        places = " / ".join(tree.shown(one) for one in parts.candidates)
        parts.notes["region"] = _("Several places are called so: %(names)s. Which one is it?") % {
            "names": places
        }
        return
    parts.region_code, parts.region = code, tree.words(code)
    parts.territory = tree.territory_of(code).value
    if tree.children(code):
        has_cities = parts.territory not in (Territory.HONG_KONG, Territory.MACAU)
        is_city = has_cities and tree.find(code).level == tree.PROVINCE
        missing = _("the city") if is_city else _("the district")
        parts.notes["region"] = _("We could not tell %(missing)s. Please check.") % {
            "missing": missing
        }


# --- who, and which door -----------------------------------------------------------------


def _fill_rest(parts, said, where):
    """Tell the recipient from the street among what is left."""
    named, left, beside = [], [], set()
    for place, (kind, words) in enumerate(said):
        if kind == "recipient":
            name, *others = chunks_of(words) or [""]
            named.append(name)
            left += others
            continue
        if where and place == where.place:
            end = where.start + where.said.end
            head = words[: where.start]
            tail = words[where.start :] if not where.said.code else words[end:]
            left += chunks_of(head)
            words = tail
        chunks = chunks_of(words)
        beside |= beside_gap(words) if kind != "detail" else set()
        left += chunks
    if not named:
        name = _name_among(left, beside)
        if name:
            named = [name]
            left = _take_out(left, name)
    parts.recipient = names.clean(named[0]) if named else ""
    parts.detail = " ".join(left)
    if not parts.recipient:
        parts.notes["recipient"] = _("We could not tell who receives it.")
    if not parts.detail:
        parts.notes["detail"] = _("There is no street and number in it.")


def _name_among(chunks, beside) -> str:
    """Return the one chunk that is a name; of several the one beside the number; else nothing."""
    found = [chunk for chunk in chunks if names.is_name(names.clean(chunk))]
    near = [name for name in found if name in beside]
    for some in (found, near):
        if len(some) == 1:
            return some[0]
    if found:
        return ""
    return next(filter(None, map(names.at_the_end, (*sorted(beside), *chunks[-1:]))), "")


def _take_out(chunks, name) -> list[str]:
    """Return the chunks without the name, which is one of them or ends one."""
    if name in chunks:
        place = chunks.index(name)
        return [*chunks[:place], *chunks[place + 1 :]]
    found = []
    for chunk in chunks:
        bare = names.clean(chunk)
        found.append(bare.removesuffix(name) if bare.endswith(name) else chunk)
    return [chunk for chunk in found if chunk]
