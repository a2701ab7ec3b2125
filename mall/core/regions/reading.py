"""Which region an address names at its beginning; what is not certain is not read.

A full name (南京市) counts where it stands. A short one (南京) counts only with what proves it: a
blank or a comma after it, or the name of a place that lies in it. So 南京东路 is a road, and 朝阳区
without a city is several districts. Places must lie in one another: province, city, district.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mall.core.regions import tree
from mall.core.regions.tree import CITY, DISTRICT, GROUPS, HEADINGS, PROVINCE, Region

# What a name is followed by where it is the name of something else: a road, a market, a citizen.
_ROAD = re.compile(r"(?:[东南西北中]?[一二三四五六]?(?:路|街|大街|大道|巷|弄|胡同))(?!道)")
_NO_CITY = re.compile(r"[场民政]|中心|委")
_BETWEEN = re.compile(r"[\s,，、/·>|-]*")
_STATE = re.compile(r"(?:中华人民共和国|中国)[\s,，]*")
_PEOPLES = (
    "蒙古|土家|朝鲜|布依|哈尼|景颇|傈僳|哈萨克|柯尔克孜|维吾尔|回|藏|羌|彝|苗|侗|傣|壮|白"
)  # fmt: skip
_TAIL = {
    PROVINCE: re.compile(r"(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)$"),
    CITY: re.compile(rf"(?:市|地区|盟|新区|(?:(?:{_PEOPLES})族?)+自治州)$"),
    DISTRICT: re.compile(r"(?:区|县|市|旗)$"),
}
_ALSO = {"150000": ("内蒙",)}
# What a territory is called, and what follows it where it names a house instead.
_TERRITORIES = {"香港": "810000", "澳门": "820000", "台湾": "710000"}
_TERRITORY = re.compile(rf"({'|'.join(_TERRITORIES)})(?:特别行政区|省)?")
_HOUSE = re.compile(
    "[新名大小]?(?:花园(?!道)|城(?!市)|广[场場]|大[厦廈]|[饭飯酒]店|[宾賓公]馆|公寓|中心|小[区镇]|村|苑"
    "|茶餐|餐[厅廳]|美食|料理|风味)"
)
# One sign for one: what traditional writing has other signs for, in names of regions of Hong Kong,
# Macau and Taiwan.
_PLAIN = str.maketrans(
    "來內別勢區員國圍園壇壢壯壽學寧寶將岡峯島峽崙嶺嶼巒庫廟廣彌後復恆愛東棲楊榮樂樹橋橫歸沖湯"
    "滿濃濟濱灘灣烏營獅瑪積竹結綠線縣羅義聖腳臺興荃莊華萬葵蓮蘆蘇蘭裏裡觀豐貢車軍連達邊鄉釣銅"
    "鎮鑼長門間閣關陸陽雙離雲霧頂順頭風館馬魚魯鳥鳳鶯鹽麥黃龍龜",
    "来内别势区员国围园坛坜壮寿学宁宝将冈峰岛峡仑岭屿峦库庙广弥后复恒爱东栖杨荣乐树桥横归冲汤"
    "满浓济滨滩湾乌营狮玛积竹结绿线县罗义圣脚台兴荃庄华万葵莲芦苏兰里里观丰贡车军连达边乡钓铜"
    "镇锣长门间阁关陆阳双离云雾顶顺头风馆马鱼鲁鸟凤莺盐麦黄龙龟",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The region an address begins with, and where what follows begins; where its words fit
    several regions there is no code, and these are the ``candidates``.
    """

    code: str
    end: int
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Step:
    region: Region
    end: int
    is_full: bool


def read(text: str, within: str = "") -> Reading | None:
    """Return the region that ``text`` begins with, the deepest that is certain; None where it
    begins with none. ``within`` is a region it has to lie in, whose own name may be left out.
    """
    plain = text.translate(_PLAIN)
    start = _STATE.match(plain)
    paths = list(_paths(plain, start.end() if start else 0, within))
    if not paths:
        return None
    end = max(path.end for path in paths)
    longest = {path.region.code: path.region for path in paths if path.end == end}
    level = min(region.level for region in longest.values())
    codes = sorted(code for code, region in longest.items() if region.level == level)
    if len(codes) > 1:
        return Reading("", end, tuple(codes))
    return Reading(codes[0], end)


def read_territory(text: str) -> Reading | None:
    """Return Hong Kong, Macau or Taiwan where ``text`` begins with its name and goes on with a
    place we do not know (旺角); None where that names a road or a house. For addresses in which
    ``read`` finds nothing: it is surer.
    """
    plain = text.translate(_PLAIN)
    named = _TERRITORY.match(plain)
    if named is None or _ROAD.match(plain, named.end()) or _HOUSE.match(plain, named.end()):
        return None
    return Reading(_TERRITORIES[named[1]], named.end())


def code_of(text: str, territory: str = "CN") -> str:
    """Return the code of a region that is all ``text`` says; empty where it says more, or nothing
    certain. A territory that is one province need not be named.
    """
    within = tree.province_of(territory)
    for place in dict.fromkeys((within, "")):
        found = read(text, place)
        if found and found.code and not _BETWEEN.sub("", text[found.end :], count=1):
            return found.code
    return ""


def known_by(text: str, territory: str = "CN") -> str:
    """Return the code of the region that words are in: all they say that is certain, a territory
    where they say nothing.
    """
    within = tree.province_of(territory)
    found = read(text) or (read(text, within) if within else None)
    return (found.code if found else "") or within


def short(region: Region) -> str:
    """Return a name without what it says about its kind: 南京, 内蒙古, 恩施."""
    bare = _TAIL[region.level].sub("", region.name)
    return bare if len(bare) > 1 else region.name


@cache
def _called() -> dict[str, tuple[tuple[str, Region, bool], ...]]:
    """Return every name that a region goes by, with whether it is the full one, by first sign."""
    found: dict[str, list] = {}
    for region in tree.everywhere().values():
        if region.name in GROUPS:
            continue
        names = {region.name: True}
        for name in (short(region), *_ALSO.get(region.code, ())):
            names.setdefault(name, False)
        for name, is_full in names.items():
            found.setdefault(name[0], []).append((name, region, is_full))
    return {sign: tuple(names) for sign, names in found.items()}


def _steps(text: str, at: int, *, inside: str = "") -> Iterator[_Step]:
    """Return the regions named at a place of the text that lie in ``inside``."""
    prefix = inside[: 2 * tree.find(inside).level] if inside else ""
    for name, region, is_full in _called().get(text[at : at + 1], ()):
        if region.code == inside or not region.code.startswith(prefix):
            continue
        end = at + len(name)
        if not text.startswith(name, at):
            continue
        if not _is_another(text, end, region, is_full) or _goes_on(text, end, region):
            yield _Step(region, end, is_full)


def _goes_on(text, end, region) -> bool:
    """Whether the full name of a place inside follows at once: 唐山市路南区 is no road."""
    prefix = region.code[: 2 * region.level]
    return any(
        is_full and inside.code.startswith(prefix) and text.startswith(name, end)
        for name, inside, is_full in _called().get(text[end : end + 1], ())
    )


def _is_another(text, end, region, is_full) -> bool:
    """Whether what follows a name makes it the name of something else."""
    if _ROAD.match(text, end):
        return True
    return is_full and region.name.endswith("市") and _NO_CITY.match(text, end) is not None


def _paths(text: str, at: int, within: str) -> Iterator[_Step]:
    """Return each region that the text can be read as, where the reading of each ends."""
    for step in _steps(text, at):
        if within and not step.region.code.startswith(within[:2]):
            continue
        yield from _from(text, step, is_first=True)
    if within:
        for step in _steps(text, at, inside=within):
            yield from _from(text, step, is_first=False)


def _from(text: str, step: _Step, *, is_first: bool) -> Iterator[_Step]:
    """Return a step and those that lead on from it, as far as each is certain."""
    deeper = [one for at in _nexts(text, step) for one in _steps(text, at, inside=step.region.code)]
    full = [one for one in deeper if one.is_full]
    apart = _BETWEEN.match(text, step.end).end() > step.end or step.end == len(text)
    is_proven = step.is_full or bool(full) or (apart and _may_stand_alone(step.region, is_first))
    if not is_proven and not (is_first and deeper and step.region.level != DISTRICT):
        return
    yield step
    for one in deeper:
        if one.is_full or step.is_full or apart or is_proven:
            yield from _from(text, one, is_first=False)


def _nexts(text: str, step: _Step) -> list[int]:
    """Return where the next name may begin: after blanks, and after a heading or the name said
    twice.
    """
    at = _BETWEEN.match(text, step.end).end()
    for again in (step.region.name, *HEADINGS):
        if again != "县" and text.startswith(again, at):
            return [at, _BETWEEN.match(text, at + len(again)).end()]
    return [at]


def _may_stand_alone(region: Region, is_first: bool) -> bool:
    """Whether a short name that is followed by a blank can mean nothing else."""
    if region.level == PROVINCE or not is_first:
        return True
    own = short(region)
    alike = [one for name, one, _full in _called()[own[0]] if name == own]
    return region.level == CITY and len(alike) == 1
