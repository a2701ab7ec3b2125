"""The tree of provinces, cities and districts, read once from ``regions.json`` beside it (its
source, version and year: REGIONS.md).

A code has six digits, as GB/T 2260 gives them: 440000 a province, 440300 one of its cities, 440305
a district. Places in the data that only group others (市辖区, 省直辖县) are in the tree and left
out of the words.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from mall.core.phones import Territory
from mall.core.regions.english import PROVINCES

PROVINCE, CITY, DISTRICT = 1, 2, 3
GROUPS = frozenset({"县", "省直辖县", "自治区直辖县级行政区划"})
HEADINGS = ("市辖区", *sorted(GROUPS, key=len, reverse=True))  # as people write them, too
TERRITORIES = {
    "71": Territory.TAIWAN,
    "81": Territory.HONG_KONG,
    "82": Territory.MACAU,
}
_FILE = Path(__file__).with_name("regions.json")


@dataclass(frozen=True, slots=True)
class Region:
    """One province, city or district."""

    code: str
    name: str

    @property
    def level(self) -> int:
        """PROVINCE, CITY or DISTRICT."""
        if self.code.endswith("0000"):
            return PROVINCE
        return CITY if self.code.endswith("00") else DISTRICT

    @property
    def parent(self) -> str:
        """The code of what it is in; empty of a province."""
        if self.level == PROVINCE:
            return ""
        return f"{self.code[: 2 * self.level - 2]:0<6}"

    @property
    def is_group(self) -> bool:
        """Whether it is nothing but a heading of what is in it; a municipality's only city is
        called as the municipality is.
        """
        return self.level == CITY and (self.name in GROUPS or self.name == _names()[self.parent])


@cache
def _names() -> dict[str, str]:
    return json.loads(_FILE.read_text("utf-8"))["names"]


@cache
def everywhere() -> dict[str, Region]:
    """Return all regions by code, provinces before their cities before their districts."""
    return {code: Region(code, name) for code, name in sorted(_names().items())}


@cache
def _children() -> dict[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for region in everywhere().values():
        found.setdefault(region.parent, []).append(region)
    return {code: tuple(regions) for code, regions in found.items()}


def find(code: str) -> Region | None:
    """Return the region of a code; None where there is none."""
    return everywhere().get(code)


def children(code: str = "") -> tuple[Region, ...]:
    """Return what is directly in a region; the provinces without one."""
    return _children().get(code, ())


def chain(code: str) -> tuple[Region, ...]:
    """Return a region and what it is in, the province first; nothing of an unknown code."""
    region, found = find(code), []
    while region is not None:
        found.insert(0, region)
        region = find(region.parent)
    return tuple(found)


def words(code: str) -> str:
    """Return how a region is written in an address: 广东省深圳市南山区, 北京市朝阳区."""
    return "".join(region.name for region in chain(code) if not region.is_group)


def shown(code: str) -> str:
    """Return a region in the reader's language; cities and districts have their own name in
    both.
    """
    found = chain(code)
    if not found or (get_language() or "zh").startswith("zh"):
        return words(code)
    rest = "".join(region.name for region in found[1:] if not region.is_group)
    return f"{PROVINCES[found[0].code[:2]]} {rest}".rstrip()


def territory_of(code: str) -> Territory:
    """Return which territory a region is in."""
    return TERRITORIES.get(code[:2], Territory.MAINLAND)


def province_of(territory: str) -> str:
    """Return the code of a territory that is one province; empty for the mainland."""
    return next((f"{two}0000" for two, its in TERRITORIES.items() if its == territory), "")


def choices(code: str = "") -> tuple[Region, ...]:
    """Return what one chooses from inside a region: its parts, and instead of a heading what stands
    under it.
    """
    found: list[Region] = []
    for region in children(code):
        found += children(region.code) if region.is_group else (region,)
    return tuple(found)
