"""The text of a pasted address: what stands under which label, and the numbers in it."""

import re

from mall.core.phones import Territory

BREAK = re.compile(r"[\s,，、;；。|/\x1f]+")
GAP = "\x1f"  # where something was taken out

_KINDS = {
    "recipient": (
        "收货人姓名|收件人姓名|联系人姓名|收货人|收件人|收貨人|联系人|聯絡人|姓名|名字|收方"
    ),
    "phone": (
        "联系电话|联系方式|手机号码|电话号码|收货电话|收件电话|聯絡電話|手机号|手机|手機|电话|電話|"
        "座机|固话|tel|phone|mobile"
    ),
    "postcode": "邮政编码|邮编|郵編|邮政编号|postcode|zip",
    "region": "所在地区|所在地區|所在区域|省市区|地区|地區|区域",
    "detail": "详细地址|詳細地址|街道地址|具体地址",
    "address": "收货地址|收件地址|收貨地址|联系地址|邮寄地址|地址|addr|address",
}
_LABEL = re.compile(
    r"(?:(?<=^)|(?<=[\s,，;；。|、/\x1f\d(\[【]))[\[【(]?(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items())
    + r")[\])】]?(?:\s*[::]\s*|\s+|(?=[\d+(]))",
    re.I,
)
_POSTCODE = re.compile(r"(?<![\d-])\d{6}(?![\d-])")
_REST_OF_NUMBER = r"(?:\s?(?:转|轉|分机|ext\.?|#|-)\s?\d{1,6})?(?!\d)"
_NUMBERS = [
    re.compile(pattern + _REST_OF_NUMBER, re.I)
    for pattern in (
        r"(?<![\d+])(?:\(?(?:\+|00)?86\)?[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}",
        r"(?<![\d+])\(?(?:\+|00)(?:852|853)\)?[\s-]?\d{4}[\s-]?\d{4}",
        r"(?<![\d+])(?:852|853)[\s-]\d{4}[\s-]?\d{4}",
        r"(?<![\d+])\(?(?:\+|00)886\)?[\s-]?0?\d{1,3}[\s-]?\d{3,4}[\s-]?\d{3,4}",
        r"(?<![\d+])886[\s-]0?\d{1,3}[\s-]?\d{3,4}[\s-]?\d{3,4}",
        r"(?<![\d+])09\d{2}[\s-]?\d{3}[\s-]?\d{3}",
        r"(?<![\d+])\(?(?:\+|00)86\)?[\s-]?\d{2,3}[\s-]?\d{7,8}",
        r"(?<![\d+])\(?0\d{1,3}\)?[\s-]?\d{3,4}[\s-]?\d{4}",
    )
]
_OF_EIGHT = re.compile(r"(?<![\d+-])[2-9]\d{3}[\s-]?\d{4}(?![\d-])")


def labelled(text: str) -> list[tuple[str, str]]:
    """Return what stands under which label, in the order written; "" is no label. Postcodes are
    left out.
    """
    found, kind, at = [], "", 0
    for label in _LABEL.finditer(text):
        found.append((kind, text[at : label.start()]))
        kind, at = label.lastgroup, label.end()
    found.append((kind, text[at:]))
    return [(kind, words) for kind, words in map(_after_postcode, found) if _bare(words)]


def _after_postcode(said):
    kind, words = said
    return ("", _POSTCODE.sub(GAP, words, count=1)) if kind == "postcode" else said


def _bare(words: str) -> str:
    return BREAK.sub(" ", words).strip(" :-")


def without_numbers(said) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the texts with a gap for each phone number and postcode, and the numbers."""
    numbers, bare = [], []
    for kind, words in said:
        for pattern in _NUMBERS:
            numbers += [found[0] for found in pattern.finditer(words)]
            words = pattern.sub(GAP, words)
        bare.append((kind, _POSTCODE.sub(GAP, words)))
    return bare, numbers


def without_short_numbers(said, territory) -> tuple[list[tuple[str, str]], list[str]]:
    """The same of numbers of eight digits, which are phone numbers in Hong Kong and Macau."""
    if territory not in (Territory.HONG_KONG, Territory.MACAU):
        return said, []
    numbers = [found[0] for _kind, words in said for found in _OF_EIGHT.finditer(words)]
    return [(kind, _OF_EIGHT.sub(GAP, words)) for kind, words in said], numbers


def chunks_of(words) -> list[str]:
    """Return the parts between blanks, marks and gaps."""
    return [one for one in (_bare(chunk) for chunk in BREAK.split(words)) if one]


def beside_gap(words) -> set[str]:
    """Return the chunks that stand right before or after a number."""
    found = set()
    pieces = words.split(GAP)
    for place, piece in enumerate(pieces):
        chunks = chunks_of(piece)
        if chunks and place > 0:
            found.add(chunks[0])
        if chunks and place < len(pieces) - 1:
            found.add(chunks[-1])
    return found
