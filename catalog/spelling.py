"""How goods are written and how people type them: what of the two is held to be one, pure text.

*Folded* is what a collation holds to be one (case, accents, width, kana, digits). *Pressed* is that
in simplified characters, without the blanks, hyphens and commas that people write or leave out;
both change letter by letter, so a part of a text stays a part of it. *Sounds* are a name's pinyin
and initials from each of its syllables on.
Source: docs/decisions/0069-search-finds-what-is-typed.md.
"""

import re
import unicodedata
from functools import cache, lru_cache

# Letters that read as another one though Unicode does not take them apart: as MySQL's and MariaDB's
# utf8mb4_unicode_520_ci compares words (mall/database/word_columns.py).
KANA = str.maketrans(
    "ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ"
)  # the small as the large
READ_AS = {
    **str.maketrans(
        "\u00f8\u0111\u00f0\u0127\u0142\u0491\u05da\u05dd\u05df\u05e3\u05e5",
        "oddhl\u0433\u05db\u05de\u05e0\u05e4\u05e6",
    ),
    **KANA,
    **{katakana: chr(katakana - 0x60).translate(KANA) for katakana in range(0x30A1, 0x30F7)},
}
# Stands between words and around them, and is part of none.
BETWEEN = re.compile(r"[、。/+&|:;!?*×<>()\[\]{}《》〈〉「」『』【】〔〕“”\"#…~]+")
LEFT_OUT = re.compile(r"[\s\-‐‑‒–—―−,'’·・_]+")
CHINESE = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[a-z]+")
UNITS = {
    "kg": ("千克", "公斤", "kg"), "g": ("克", "g"), "ml": ("毫升", "ml"), "l": ("升", "l"),
    "mm": ("毫米", "mm"), "cm": ("厘米", "公分", "cm"), "m": ("米", "m"), "w": ("瓦", "w"),
    "mah": ("毫安时", "毫安", "mah"), "寸": ("英寸", "寸", "吋", "inches", "inch"),
}  # fmt: skip
UNIT_OF = {written: unit for unit, ways in UNITS.items() for written in ways}
UNIT_OF = {written: UNIT_OF[written] for written in sorted(UNIT_OF, key=len, reverse=True)}
MEASURE = re.compile(rf"(\d)\s*({'|'.join(UNIT_OF)})(?![a-z])", re.ASCII)
# People name a measure before the thing as often as after it.
MEASURED_FIRST = re.compile(
    rf"((?<![\w.])[\d.]+(?:{'|'.join(UNIT_OF)}))(?={CHINESE.pattern})", re.ASCII
)
COUNTS = dict(zip("一二两兩三四五六七八九", "12223456789", strict=True))
COUNTED = re.compile(rf"([{''.join(COUNTS)}])(?=[件条條片包只個个盒袋瓶支双雙套张張本卷罐])")
MOST_SYLLABLES = 24  # of a name: more is nobody's abbreviation


def folded(text: str) -> str:
    """Return words as they compare: without case, accents, width, and which kana or digits they are
    written in.
    """
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(map(_plain, taken_apart))


def pressed(text: str) -> str:
    """Return one line of words as it is sought."""
    return LEFT_OUT.sub("", "".join(map(_simplified, folded(text))))


def measured(text: str) -> str:
    """Return folded words with each measure written in one way: 500 克 is 500g, 四件套 4件套."""
    counted = COUNTED.sub(lambda found: COUNTS[found[1]], text)
    return MEASURE.sub(lambda found: found[1] + UNIT_OF[found[2]], counted)


def ways_to_write(word: str) -> list[str]:
    """Return what may stand in a pressed text for a folded word, what was typed first."""
    ways = [pressed(word), pressed(measured(word))]
    if CHINESE.search(word):
        ways.append(pressed(_opencc("tw2sp").convert(word)))  # 隨身碟 and 滑鼠: U盘, 鼠标
    return list(dict.fromkeys(filter(None, ways))) or [word]


def words_of(search: str, *, most: int) -> list[str]:
    """Return the folded words of a search; a number and its unit are one word, by itself before a
    Chinese one. Marks stand between words where anything else does.
    """
    said = folded(search)
    said = BETWEEN.sub(" ", said) if BETWEEN.sub("", said).strip() else said
    return MEASURED_FIRST.sub(r"\1 ", MEASURE.sub(r"\1\2", said)).split()[:most]


def sounds(name: str) -> str:
    """Return a Chinese name's pinyin and initials, each from every syllable on, behind a line
    break.
    """
    if not CHINESE.search(name):
        return ""
    from pypinyin import lazy_pinyin  # 57 MB, only where goods are written

    plain = "".join(map(_simplified, name))
    syllables = [pressed(part) for part in lazy_pinyin(plain)]
    syllables = [part for part in syllables if part][:MOST_SYLLABLES]
    initials = [part[0] if LATIN.fullmatch(part) else part for part in syllables]
    said = ["".join(parts[at:]) for parts in (syllables, initials) for at in range(len(syllables))]
    said += [line.replace("v", "u") for line in said if "v" in line]  # lü
    return "".join(f"\n{line}" for line in dict.fromkeys(said))


def is_whole_number(word: str, text: str) -> bool:
    """Whether the number a word begins with is a whole one in a folded text that holds the word, as
    5kg is in 净重 5 kg, but not in 15kg or 1.5kg; yes where it begins with none, and where it is
    nothing else: a part of an article's number is asked for as it stands.
    """
    if not word[:1].isdecimal() or word.isdecimal():
        return True
    begins = _number_at_first(word)
    if begins.search(text):
        return True
    return begins.search("".join(map(_simplified, f"{text}\n{measured(text)}"))) is not None


@lru_cache(maxsize=1_000)
def _number_at_first(word):
    # looks back after its first digit: a pattern that begins with one is sought many times faster
    between = LEFT_OUT.pattern.removesuffix("+") + "*"
    return re.compile(rf"{word[0]}(?<![\d.,].){between}{between.join(map(re.escape, word[1:]))}")


# --- nearly -------------------------------------------------------------------
def singular(word: str) -> str:
    """Return an English word without its plural's ending, or the word."""
    if not word.isascii() or len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[: -2 if re.search(r"(?:[sxz]|[cs]h)es$", word) else -1]


def parts_of(word: str) -> list[tuple[str, ...]]:
    """Return groups of parts of a word, of which one group stands in every text that the word is
    nearly in; none for a word too short to guess at.
    """
    long = len(word)
    if CHINESE.search(word):
        if long < 4:
            return [(word[:2],), (word[1:],)] if long == 3 else []
        half = long // 2
        return list(dict.fromkeys([(word[:half],), (word[half:],), (word[:2], word[-2:])]))
    if long < 5 or not LATIN.fullmatch(word):
        return []
    if long < 7:
        return [(word[:3],), (word[-3:],)]
    # One mistake is in the first, the middle or the last third. Shorter parts would also find two
    # letters that changed places in the middle, and thousands of rows besides.
    third, rest = long // 3, long - long // 3
    return [
        (word[: rest - 1],),
        (word[third + 1 :],),
        (word[: third + 1], word[rest - 1 :]),
    ]


def is_covered(word: str, text: str) -> bool:
    """Whether a Chinese word can be cut into pieces that all stand in a text: 耳机蓝牙 in
    蓝牙耳机; one letter alone is a piece of three only.
    """
    shortest = 1 if len(word) == 3 else 2
    if len(word) < 3 or not CHINESE.search(word):
        return False
    if len(word) == 4:  # most are: one way to cut it, looked at in hundreds of rows
        return word in text or (word[:2] in text and word[2:] in text)
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(end - start >= shortest and word[start:end] in text for start in reached):
            reached.add(end)
    return len(word) in reached and (
        shortest > 1 or any(word[at : at + 2] in text for at in (0, 1))
    )


def is_misspelt(word: str, text: str) -> bool:
    """Whether a text holds a word but for one letter; numbers are never guessed."""
    if len(word) < (4 if CHINESE.search(word) else 5) or re.search(r"\d", word):
        return False
    half = len(word) // 2
    left, right = word[:half], word[half:] if len(word) < 6 else word[half + 1 :]
    back, turned = word[::-1], text[::-1]
    return any(
        _begins_nearly(whole[len(known) :], read[at + len(known) :])
        for whole, known, read in ((word, left, text), (back, right[::-1], turned))
        for at in _places(known, read)
    )


def _places(part, text):
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _begins_nearly(word, text) -> bool:
    """Whether a text begins with a word but for one letter (``word`` is not empty)."""
    n, at = len(word), 0
    while at < n and word[at : at + 1] == text[at : at + 1]:
        at += 1
    rest, after = word[at + 1 :], text[at:]
    return (
        at == n
        or (bool(after) and rest == text[at + 1 : n])  # another letter
        or rest == text[at : n - 1]  # one too many
        or word[at:] == text[at + 1 : n + 1]  # one missing
        or (len(rest) > 0 and rest[0] + word[at] + rest[1:] == text[at:n])  # changed places
    )


@cache
def _opencc(kind):
    from opencc import OpenCC  # 8 MB, only where somebody searches or writes goods

    return OpenCC(kind)


@lru_cache(maxsize=20_000)
def _plain(letter: str) -> str:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return ""
    return str(unicodedata.decimal(letter, letter)).translate(READ_AS)


@lru_cache(maxsize=20_000)
def _simplified(letter: str) -> str:
    """Return a character as it is written today; by itself, so that a part stays a part."""
    return _opencc("t2s").convert(letter) if CHINESE.match(letter) else letter
