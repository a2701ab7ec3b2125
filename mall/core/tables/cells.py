"""One cell as text: what a spreadsheet wraps around it is taken off, what one did to it is told,
and what one would do to it is kept from happening.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from mall.core import pasted

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONG_DIGITS = 12  # from here on a spreadsheet shows 1.23E+11, and saves what it shows
INVISIBLE = "".join(map(chr, [*pasted.UNSEEN, 0x200C, 0x200D, 0x202E]))  # around a cell
AS_TEXT = re.compile(r'="([^"]*)"\Z')
# 6.2E+18; without a plus only behind a fraction: 1E5 may be somebody's number of a thing.
ROUNDED = re.compile(r"[+-]?[0-9](?:(?:[.,][0-9]+)?[Ee]\+|[.,][0-9]+[Ee])[0-9]{1,3}\Z")
KEPT_DIGITS = 15  # of a number in a spreadsheet; what follows becomes noughts
LONG_NUMBER = re.compile(rf"[1-9][0-9]{{{KEPT_DIGITS},}}\Z")
CUT_NUMBER = re.compile(rf"[1-9][0-9]{{{KEPT_DIGITS - 1}}}0+\Z")
FEWEST_NOUGHTS = 3  # by chance one column in a thousand ends so
# What spreadsheets save for a cell without a result, and for a column too narrow to show it.
LOST = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NUM!|NULL!|NAME\?|SPILL!|CALC!|#{2,})\Z|Err:[0-9]{3}\Z",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
# What LibreOffice or Excel takes for a number, a date, a time or a truth.
CHANGED = re.compile(
    "|".join(
        (
            r"0\d+(?:\.\d*)?",  # 0012
            rf"\d{{{LONG_DIGITS},}}",
            r"\d*\.\d*0|\.\d+|\d+\.",  # 1.10
            r"[\d.,]+ ?[Ee][+-]?\d+",  # 12E5
            r"(?:\d+ )?\d+[-/.]\d+(?:[-/.]\d+)?",  # 3-5, 1/2, 1.2.3, 1 1/2
            r"\d+[-/.]\d+[-/.]\d+(?:[: T]|: )\d[\d:.]*.*",  # 2027-10-31: 10
            r"\d+ ?[-+]",
            r"\d+:\d+.*|\d+ ?[ap]m?",
            r"[\d,.]+ ?%|\([\d.,]+\)|[¥￥$€] ?[\d.,]+|[\d.,]+ ?[¥￥$€]",
            r"\d{1,3}(?:,\d+)+(?:\.\d+)?",
            r"(?:\d+\u5e74)?\d+\u6708(?:\d+\u65e5)?",  # year, month, day in Chinese
            rf"\d{{1,2}}[ -]?{MONTHS}(?:[ -]\d+)?|{MONTHS}[ -]?\d{{1,4}}(?:, ?\d+)?",
            r"true|false",
            LOST.pattern,
        )
    ),
    re.IGNORECASE,
)

# Of cells between line breaks: a blank or a sign of wrapping before one, or what a program may have
# written in it.
WRAPPED = re.compile(r"\n(?:[ '=#]|[Ee][Rr][Rr]:)")
FRACTION_ROUNDED = re.compile(r"[.,][0-9]+[Ee]")


def are_plain(texts) -> bool:
    """Return whether every one of these cells, of one row or of many, is surely bare already and
    without a fault: most are, and need no look at each.

    No blank but the narrow one, no invisible and no control sign is printable.
    """
    text = "".join(texts)
    if not text.isprintable() or "\ufffd" in text:
        return False
    apart = "\n".join(["", *texts, ""])
    return not (
        " \n" in apart
        or "E+" in apart
        or "e+" in apart
        or WRAPPED.search(apart)
        or FRACTION_ROUNDED.search(apart)
    )


def bare(text: str) -> str:
    """Return a cell without blanks and invisible signs around it, and without ``="…"`` or the
    apostrophe by which a spreadsheet is told that it is text.
    """
    text = _unseen_off(text)
    if text[:1] == "=" and (found := AS_TEXT.match(text)):
        return found[1].strip()
    return text[1:] if text[:1] == "'" and _is_quoted(text) else text


def _unseen_off(text):
    return text.strip().strip(INVISIBLE).strip()


def fault_of(raw: str, text: str) -> str:
    """Return what a program did to this cell (as it stands, and bare) that cannot be undone, or
    nothing.
    """
    # behind an apostrophe it is a text, as somebody meant it
    if ("E" in text or "e" in text) and ROUNDED.match(_unseen_off(raw)):
        return rounded(text)
    if text[:1] in ("#", "E", "e") and LOST.match(_unseen_off(raw)):
        return lost()
    if not text.isprintable() and CONTROL.search(text):
        return _("a cell holds unreadable signs")
    return ""


def cut_places(rows) -> set[int]:
    """Return the places of the columns whose long numbers all have noughts for what a spreadsheet
    does not keep: 202511281234567001, formatted as a number, is saved as 202511281234567000.

    ``="…"`` or an apostrophe says that the noughts are meant.
    """
    cut, whole = {}, set()
    for row in rows:
        for place, text in enumerate(row):
            if len(text) > KEPT_DIGITS and LONG_NUMBER.match(text := text.strip()):
                if CUT_NUMBER.match(text):
                    cut.setdefault(place, set()).add(text)
                else:
                    whole.add(place)
    noughts = {place: sum(len(text) - KEPT_DIGITS for text in cut[place]) for place in cut}
    return {place for place, many in noughts.items() if many >= FEWEST_NOUGHTS} - whole


def rounded(text) -> str:
    """Return the sentence about a number of which a spreadsheet dropped digits."""
    return _(
        "%(text)s: a spreadsheet rounded this; format the column as text and enter it again"
    ) % {"text": text}


def lost() -> str:
    """Return the sentence about a cell of which a spreadsheet kept no value."""
    return _("a cell holds an error (such as #N/A) or a formula without a result")


def guarded(text: str) -> str:
    """Return a text as a CSV cell that a spreadsheet neither runs nor changes; ``bare`` gives it
    back.

    Source: OWASP "CSV injection"; the conversions of LibreOffice 7.4 and Excel.
    """
    if _would_change(text) or _is_quoted(text):
        return f"'{text}"
    return text


def _is_quoted(text):
    """An apostrophe says "text" to a spreadsheet; before a word it is one ('tis)."""
    rest = text.lstrip("'")
    return rest != text and (rest[:1].isdigit() or _would_change(rest))


def _would_change(text):
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.startswith(FORMULA_STARTS) or CHANGED.fullmatch(text.rstrip()) is not None
