"""What a product is, as a table: one line each, "name: value", in one text per language."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_ATTRIBUTES = 2000  # characters of the whole text
MOST_ATTRIBUTES = 30
LONGEST_NAME, LONGEST_VALUE = 40, 200
COLONS = ":\uff1a"  # a Chinese keyboard writes the wide one


def attributes_of(text: str | None) -> list[tuple[str, str]]:
    """Return (name, value) of each line, in order; a line without a colon is no attribute."""
    found = (_split(line) for line in (text or "").splitlines())
    return [(name, value) for name, value in found if name and value]


def validate_attributes(text: str) -> None:
    """Refuse lines that are no "name: value", say more than fits, or name the same twice."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_ATTRIBUTES:
        words = _("At most %(most)s lines, please.")
        raise ValidationError(words, code="too_many", params={"most": MOST_ATTRIBUTES})
    known = set()
    for line in lines:
        name, value = _split(line)
        if not (name and value) or len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
            words = _(
                "“%(line)s” is no line of the table: write “name: value”, the name in at most "
                "%(name)s characters, the value in at most %(value)s."
            )
            sizes = {"line": line.strip()[:60], "name": LONGEST_NAME, "value": LONGEST_VALUE}
            raise ValidationError(words, code="invalid", params=sizes)
        if name in known:
            words = _("“%(name)s” stands there twice.")
            raise ValidationError(words, code="twice", params={"name": name})
        known.add(name)


def _split(line: str) -> tuple[str, str]:
    places = [place for place in (line.find(colon) for colon in COLONS) if place >= 0]
    if not places:
        return "", ""
    place = min(places)
    return line[:place].strip(), line[place + 1 :].strip()
