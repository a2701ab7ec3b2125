"""What the cells of a table of goods say, as plain values. Each function raises BadCell with the
reason.
"""

import re
from datetime import UTC
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from catalog.models import (
    CODE_LENGTH,
    MOST_RECEIVED,
    TIERS,
    Product,
    validate_attributes,
    validate_code,
)
from catalog.models.attributes import LONGEST_ATTRIBUTES
from mall.core import pasted, richtext
from mall.core.tables import values
from mall.core.tables.columns import folded
from mall.core.tables.errors import BadCell

BETWEEN_TAGS = re.compile(r"[,，、;；|\n]")
BETWEEN_PICTURES = re.compile(r"[;；|\n]")
BETWEEN_CATEGORIES = re.compile(r"[/／>＞\\]")
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|data:", re.IGNORECASE)
NUMBER = re.compile(r"#[0-9]{1,18}\Z")
MARKUP = re.compile(r"<[a-zA-Z!/][^>]*>")


def text(said: str, *, most: int) -> str:
    """Return words on one line."""
    line = pasted.line(re.sub(r"\s*[\r\n]+\s*", " ", said))
    if len(line) > most:
        raise BadCell(_("more than %(most)s characters") % {"most": most})
    return line


def code(said: str) -> str:
    """Return a code of the shop's own, or ``#12``."""
    line = text(said, most=CODE_LENGTH)
    if not NUMBER.match(line):
        try:
            validate_code(line)
        except ValidationError as error:
            raise BadCell(error.messages[0]) from None
    return line


def rich_text(said: str) -> str:
    """Return safe HTML: what is written in it, or paragraphs of a plain text."""
    said = said.replace("\r\n", "\n").replace("\r", "\n").strip()
    return richtext.clean(said if MARKUP.search(said) else linebreaks(said)).strip()


def attributes(said: str) -> str:
    """Return lines of "name: value"."""
    lines = [pasted.line(one) for one in said.splitlines()]
    found = "\n".join(filter(None, lines))
    try:
        validate_attributes(found)
    except ValidationError as error:
        raise BadCell(error.messages[0]) from None
    if len(found) > LONGEST_ATTRIBUTES:
        raise BadCell(_("more than %(most)s characters") % {"most": LONGEST_ATTRIBUTES})
    return found


def whole(said: str, *, most: int) -> int:
    """Return a whole number from 0 on."""
    number = values.whole(said)
    if not 0 <= number <= most:
        raise BadCell(_("not between 0 and %(most)s") % {"most": f"{most:,}"})
    return number


def pieces(said: str) -> int:
    """Return a number of pieces."""
    return whole(said, most=MOST_RECEIVED)


def amount(said: str, *, most: Decimal) -> str:
    """Return an amount from 0 on."""
    number = values.decimal(said)
    if not 0 <= number <= most:
        raise BadCell(_("not between 0 and %(most)s") % {"most": f"{most:,}"})
    return f"{number:.2f}"


def moment(said: str) -> str:
    """Return an instant; of no zone it is the shop's."""
    return values.moment(said).astimezone(UTC).isoformat(timespec="seconds")


def tags(said: str) -> str:
    """Return the tags, apart by commas."""
    found = dict.fromkeys(filter(None, (pasted.line(one) for one in BETWEEN_TAGS.split(said))))
    return text(",".join(found), most=120)


def pictures(said: str) -> list[str]:
    """Return the names of pictures, the first one first."""
    names = [pasted.line(one) for one in BETWEEN_PICTURES.split(said)]
    names = list(dict.fromkeys(filter(None, names)))
    for name in names:
        if ADDRESS.match(name):
            raise BadCell(
                _("%(name)s is a web address; put the picture into the ZIP and write its name here")
                % {"name": name[:80]}
            )
    return names


def path(said: str) -> list[str]:
    """Return the names of a category and of those it stands in, the outermost first."""
    return [name for one in BETWEEN_CATEGORIES.split(said) if (name := text(one, most=60))]


class Words:
    """One of a few values, by its code or its label in any language of the shop; ``others`` are
    further words for them, apart by ``|``.
    """

    def __init__(self, choices, others=()):
        self._labels, self._others = dict(choices), dict(others)

    def read(self, said: str):
        """Return the value a cell names."""
        try:
            return self._known[folded(said)]
        except KeyError:
            raise BadCell(_("none of: %(known)s") % {"known": self}) from None

    def label(self, value) -> str:
        """Return what a value is called in the reader's language."""
        return str(self._labels.get(value, value))

    def __str__(self):
        return ", ".join(str(label) for label in self._labels.values())

    @cached_property
    def _known(self):
        known = {folded(str(value)): value for value in self._labels}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                for words in (self._labels, self._others):
                    for value, said in words.items():
                        known |= {folded(word): value for word in str(said).split("|")}
        return known


TRUTH = Words(
    ((True, pgettext_lazy("cells", "yes")), (False, pgettext_lazy("cells", "no"))),
    (
        (True, pgettext_lazy("cells", "y|true|1|on")),
        (False, pgettext_lazy("cells", "n|false|0|off")),
    ),
)
STATUS = Words(
    Product.Status.choices,
    (
        (Product.Status.ON, pgettext_lazy("cells", "listed|for sale")),
        (Product.Status.OFF, pgettext_lazy("cells", "unlisted|not for sale")),
    ),
)
TIER, PERIOD = Words(TIERS), Words(Product.Period.choices)
KIND, PAY_MODE = Words(Product.Kind.choices), Words(Product.PayMode.choices)
