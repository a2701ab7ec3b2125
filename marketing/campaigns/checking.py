"""Whether conditions say something a query can be made of: each value alone, then together.

Every door (the form of the back office, the API) asks here, so that a rule stands once.
"""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from catalog.models import Category
from mall.core import pasted
from marketing.campaigns import wording
from marketing.campaigns.conditions import FIELDS, first_of
from marketing.models.segment import TAG_LENGTH
from points.models import LEVELS

MOST_TAGS = 20
YEARS = range(2000, 2100)
# (from, to): the second not smaller than the first
SPANS = (
    ("tier_from", "tier_to"),
    ("earned_from", "earned_to"),
    ("joined_from", "joined_to"),
    ("orders_from", "orders_to"),
    ("spend_from", "spend_to"),
)
# what says nothing by itself: field, one of these needed with it
NEEDS = (
    ("orders_days", ("orders_from", "orders_to")),
    ("spend_days", ("spend_from", "spend_to")),
    ("category_days", ("category",)),
    ("category_bought", ("category",)),
)


def checked(said: dict) -> tuple[dict, dict]:
    """Return conditions as they are kept, empty ones left out, and {field: what is wrong}."""
    kept, wrong = {}, {}
    for name, value in said.items():
        if name not in FIELDS:
            wrong[name] = _("There is no such condition.")
        elif value not in (None, "", []):
            try:
                kept[name] = _READERS[FIELDS[name].kind](value, FIELDS[name])
            except ValueError as refusal:
                wrong[name] = str(refusal)
    for name, others in NEEDS:
        if name in kept and not any(other in kept or other in wrong for other in others):
            wrong[name] = _("This says nothing alone: fill in what it belongs to.")
    for low, high in SPANS:
        if low in kept and high in kept and _size(kept[low]) > _size(kept[high]):
            wrong[high] = _("“To” must not be less than “from”.")
    for name, other in _contradictions(kept):
        phrase = wording.of_conditions({other: kept[other]})
        words = _("Nobody is left together with “%(other)s”.") % {"other": phrase}
        wrong.setdefault(name, words)
    if not kept and not wrong:
        wrong["tier_from"] = _("Say at least one condition; V1 means everybody.")
    return kept, wrong


def _contradictions(kept):
    """Yield (field, another) of conditions that can never hold together."""
    silent, none_yet = kept.get("silent_days", 0), kept.get("orders_to") == 0
    for name in ("ordered_days", "joined_days"):
        if kept.get(name, silent + 1) <= silent:
            yield name, "silent_days"
    if not {*kept.get("tags", ())} - {*kept.get("not_tags", ())} and "tags" in kept:
        yield "not_tags", "tags"
    if kept.get("tier_from") == LEVELS and "next_tier_within" in kept:
        yield "next_tier_within", "tier_from"
    if none_yet and "orders_days" not in kept:
        buying = {
            "ordered_days": "ordered_days" in kept,
            "spend_from": Decimal(kept.get("spend_from", 0)) > 0,
            "category": "category" in kept and kept.get("category_bought", True),
        }
        yield from ((name, "orders_to") for name, is_asked in buying.items() if is_asked)


def _size(value):
    return (
        value if isinstance(value, int) else (len(value), value) if "-" in value else Decimal(value)
    )


def _whole(value, field):
    try:
        number = int(pasted.name(str(value))) if not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not field.least <= number <= field.most:
        raise ValueError(
            _("A whole number from %(least)s to %(most)s, please.")
            % {"least": f"{field.least:,}", "most": f"{field.most:,}"}
        )
    return number


def _yuan(value, field):
    try:
        amount = Decimal(pasted.name(str(value)))
        if not amount.is_finite() or amount != round(amount, 2):
            raise InvalidOperation
        if not field.least <= amount <= field.most:
            raise InvalidOperation
    except InvalidOperation as error:
        raise ValueError(_("Yuan with at most two decimals, please, such as 99.50.")) from error
    return f"{amount:.2f}"


def _month(value, _field):
    month = pasted.name(str(value))
    try:
        if len(month) != len("2026-11"):
            raise ValueError
        if first_of(month).year not in YEARS:  # further off no day could be reckoned with
            raise ValueError
    except ValueError as error:
        raise ValueError(_("A month such as 2026-11, please.")) from error
    return month


def _tags(value, _field):
    words = value if isinstance(value, list) else str(value).replace("，", ",").split(",")
    tags = list(dict.fromkeys(tag for word in words if (tag := str(word).strip())))
    if len(tags) > MOST_TAGS or any(len(tag) > TAG_LENGTH for tag in tags):
        raise ValueError(
            _("At most %(most)s tags of up to %(length)s characters, please.")
            % {"most": MOST_TAGS, "length": TAG_LENGTH}
        )
    return tags


def _category(value, _field):
    if not Category.objects.filter(slug=str(value)).exists():
        raise ValueError(_("There is no such category."))
    return str(value)


def _yes_no(value, _field):
    answers = {True: True, False: False, "yes": True, "no": False}
    if not isinstance(value, bool | str) or value not in answers:
        raise ValueError(_("Say yes or no."))
    return answers[value]


_READERS = {
    "whole": _whole,
    "yuan": _yuan,
    "month": _month,
    "tags": _tags,
    "category": _category,
    "yes_no": _yes_no,
}
