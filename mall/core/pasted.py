"""What people type and paste into short fields, as they meant it; every door folds before it asks.

An input method writes full width, a phone's contacts wrap a number in direction marks (U+202D …
U+202C), a web page gives no-break spaces and soft hyphens. None of it is seen, so none of it may
decide whether a name is found. Source: docs/decisions/0068-folded-before-it-is-asked.md.
"""

import re
import unicodedata
from datetime import date, datetime

# Without a shape of their own. Not U+202E (text reads backwards: doors refuse it, not pass over it)
# and not the joiner U+200D, of which emoji are made.
_UNSEEN = (
    0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202E), *range(0x2060, 0x2065),
    *range(0x2066, 0x206A), 0xFEFF,
)  # fmt: skip
UNSEEN = dict.fromkeys(_UNSEEN)
_WIDE = {**{code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}, 0x3000: " "}
_WIDE |= {code + at: code + at - 0xFEE0 for code in (0xFF21, 0xFF41) for at in range(26)}
_JOINERS = {0x200C: None, 0x200D: None}
_BLANKS = re.compile(r"[^\S\r\n\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58\ufe63\u2500"
_TO_HYPHEN = dict.fromkeys(map(ord, _DASHES), "-")
# What stands around a number in a message: the end of its sentence, quotation marks, its label.
_AROUND = ".,;:!?~'\"`[]<>{}\u2018\u2019\u201c\u201d\u2026\u3001\u3002" + "".join(
    map(chr, range(0x3008, 0x3012))
) + "\u3014\u3015\u3016\u3017"  # fmt: skip
_LABEL = re.compile(r"\A[^\d:]{1,20}:")
_DAY = re.compile(
    r"(\d{4})(?:\s*[-/.。、·,\s]\s*(\d{1,2})\s*[-/.。、·,\s]\s*(\d{1,2})"
    r"|\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?|(\d\d)(\d\d))"
    r"(?:[\sT]\s*00:00(?::00)?|\s*\(?(?:星期|周|週)[一二三四五六日天]\)?)?",
    re.ASCII,
)
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b", re.I | re.ASCII)
# as English pages write a day (mall/formats/en), and as people do
_WRITTEN_DAYS = ("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y")


def line(text: str) -> str:
    """Return words on one line: no unseen signs, one kind of blank, letters and digits of plain
    width. Marks (，（）) and accents stay as they were typed.
    """
    return _BLANKS.sub(" ", text.translate(UNSEEN).translate(_WIDE)).strip()


def name(text: str) -> str:
    """Return a name that is looked up, as it is kept: NFKC, small letters, no unseen signs."""
    plain = unicodedata.normalize("NFKC", text).translate(UNSEEN).strip().lower()
    return unicodedata.normalize("NFKC", plain)


def email(text: str) -> str:
    """Return an e-mail as it is kept: a name, without blanks, with the dots of any input method."""
    return "".join(name(text).replace("。", ".").split())


def number(text: str) -> str:
    """Return a number of letters, digits and hyphens (an order's, a parcel's), without blanks and
    what stood around it where it was copied: ``单号：SF123。`` is SF123.
    """
    plain = unicodedata.normalize("NFKC", text).translate(UNSEEN).translate(_JOINERS)
    bare = _LABEL.sub("", plain.strip().lstrip(_AROUND), count=1)
    return "".join(bare.translate(_TO_HYPHEN).split()).strip(_AROUND)


def alike(text: str) -> str:
    """Return what two ways to write one name share: any width and case, without blanks."""
    plain = unicodedata.normalize("NFKC", line(text)).casefold()
    return "".join(plain.split())


def code(text: str) -> str:
    """Return a code as it is kept: capitals and digits; blanks and hyphens only helped reading."""
    return number(text).replace("-", "").strip("()").upper()


def day(text: str) -> date:
    """Return the day that is written: 1990-05-01, 1990/5/1, 1990.5.1, 1990年5月1日, 19900501,
    May 1, 1990. The year comes first or the month is a word: nothing is guessed.

    Raises: ValueError.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).translate(UNSEEN).split())
    plain = _ORDINAL.sub(r"\1", plain)
    found = _DAY.fullmatch(plain.translate(_TO_HYPHEN))
    if found:
        return date(*(int(part) for part in found.groups() if part is not None))
    for written in _WRITTEN_DAYS:
        try:
            return datetime.strptime(plain, written).date()
        except ValueError:
            continue
    raise ValueError(text)
