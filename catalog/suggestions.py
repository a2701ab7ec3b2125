"""What is offered while somebody types: hot words, and goods."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from catalog import finding, searches
from catalog.audience import VISITOR
from catalog.finding import Filters

SHOWN = 8
HOT_AMONG = 3
PER_CALLER = "120/m"  # a fast typist


@dataclass(frozen=True)
class Suggestion:
    """A line to choose: a product by its id, or a word to search for."""

    text: str
    url: str
    product: int | None = None


def suggest(typed: str, *, tier: int = VISITOR) -> list[Suggestion]:
    """Return up to SHOWN lines for what was typed so far: hot words that begin with it, and the
    goods that fit best and are shown to readers of a tier; the hot words alone when nothing was
    typed.
    """
    begun = searches.plain(typed)
    words = [word for word in searches.hot() if word.startswith(begun)]
    if not begun:
        return [_of_word(word) for word in words]
    filters = Filters(search=typed, tier=tier)
    asked = finding.ask(finding.offered(tier), filters)
    rows = asked.page(filters, "id", "name") if asked.count else []
    goods = [
        Suggestion(row["name"], reverse("catalog:detail", args=[row["id"]]), row["id"])
        for row in rows
    ]
    return [*map(_of_word, words[:HOT_AMONG]), *goods][:SHOWN]


def _of_word(word) -> Suggestion:
    return Suggestion(word, f"{reverse('catalog:list')}?{urlencode({'search': word})}")
