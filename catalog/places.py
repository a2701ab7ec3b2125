"""Provinces and cities as operators write them: several, between commas, in either language."""

import re

from django.utils.translation import gettext_lazy as _

from mall.core import pasted
from mall.core.errors import DomainError
from mall.core.regions import reading, tree
from mall.core.regions.english import PROVINCES

_BREAK = re.compile(r"[,，、;；\n\r]+")
_BY_ENGLISH = {pasted.alike(name): f"{two}0000" for two, name in PROVINCES.items()}
MOST_TEXT = 8000


class UnknownPlace(DomainError):
    """A name that is no province or city, or that of several; numbers: place."""

    code = "unknown_place"
    status = 400
    message = _(
        "“%(place)s” is no province or city that we know. Write names such as Xinjiang or "
        "Guangdong, cities in Chinese, and commas between several."
    )


class TooSmallPlace(UnknownPlace):
    """A district: freight knows provinces and cities; numbers: place."""

    message = _("“%(place)s” is a district. Freight can be told for provinces and cities.")


class PlaceTwice(UnknownPlace):
    """A place that stands in two regions of one template; numbers: place."""

    code = "place_twice"
    message = _("“%(place)s” stands here twice. Each place can have one freight.")


def read(text: str) -> list[str]:
    """Return the codes of the places that a text names, each once. Raises: UnknownPlace,
    TooSmallPlace.
    """
    named = [name for name in map(pasted.line, _BREAK.split(text)) if name]
    return list(dict.fromkeys(_code(name) for name in named))


def check(codes) -> list[str]:
    """Return codes of provinces and cities as they are. Raises: UnknownPlace, TooSmallPlace."""
    for code in codes:
        region = tree.find(code)
        if region is None:
            raise UnknownPlace(place=code)
        if _is_too_small(region):
            raise TooSmallPlace(place=tree.shown(code))
    return list(dict.fromkeys(codes))


def once_each(regions) -> None:
    """Refuse a place that several lists of codes name. Raises: PlaceTwice."""
    seen: set[str] = set()
    for codes in regions:
        for code in codes:
            if code in seen:
                raise PlaceTwice(place=tree.shown(code))
        seen.update(codes)


def written(codes) -> str:
    """Return places as a text that ``read`` reads, in the reader's language."""
    return ", ".join(tree.shown(code) for code in codes)


def _code(name) -> str:
    code = _BY_ENGLISH.get(pasted.alike(name)) or reading.code_of(_without_english(name))
    region = tree.find(code)
    if region is None:
        raise UnknownPlace(place=name)
    if _is_too_small(region):
        raise TooSmallPlace(place=name)
    return code


def _without_english(name) -> str:
    """Return a name without its province in English, which the reader's page puts before it."""
    for two, english in PROVINCES.items():
        if name.casefold().startswith(english.casefold()):
            return tree.find(f"{two}0000").name + name[len(english) :]
    return name


def _is_too_small(region) -> bool:
    """Whether a region is inside a city; what stands under a mere heading is as good as one."""
    above = tree.find(region.parent)
    return region.level == tree.DISTRICT and not above.is_group
