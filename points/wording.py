"""What an entry is called in the member's language: the same words on the page, in the API and for
operators.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from mall.core.events import Question
from mall.core.kept import kept
from points import formula, rule_wording
from points.models import LedgerEntry, RiskCase, Rule
from points.moving_in.keys import REFERENCE

PAID_FOR = Question()  # -> {reference: name} of what rooms above pay for
# (kind,): what numbered things of rooms above are called, as {reference without its number: name}
THINGS = Question()
# kind: what it is called when it belongs to an order, and when it does not
SAID = {
    "spend": (gettext_noop("Redeemed goods"), gettext_noop("Redeemed")),
    "hold": (gettext_noop("Reserved for an order"), gettext_noop("Reserved")),
    "capture": (
        gettext_noop("Order paid with reserved points"),
        gettext_noop("Reserved points used"),
    ),
    "release": (
        gettext_noop("Order not completed, reserved points returned"),
        gettext_noop("Reserved points returned"),
    ),
    "refund": (gettext_noop("Points of an order returned"), gettext_noop("Points returned")),
    "clawback": (gettext_noop("Points taken back for an order"), gettext_noop("Points taken back")),
    "expire": (gettext_noop("Expired"),) * 2,
    "adjust": (gettext_noop("Adjusted by the shop"),) * 2,
}
ICONS = {
    "accrue": "plus-lg",
    "spend": "bag-check",
    "hold": "hourglass-split",
    "capture": "bag-check",
    "release": "arrow-counterclockwise",
    "refund": "arrow-counterclockwise",
    "clawback": "dash-lg",
    "expire": "clock-history",
    "adjust": "pencil-square",
}


class Names(dict):
    """What rules, and the things that points came from or went to, are called, by code or
    reference. Of numbered things (``draw:spring:7``) there are many kinds and few on a page: those
    of a kind are read when the first one is met.
    """

    def __init__(self, known=()):
        super().__init__(known)
        self._asked = set()

    def of_thing(self, thing: str) -> str:
        """Return what a thing is called (``draw:spring``), or nothing."""
        kind = thing.partition(":")[0]
        if kind not in self._asked:
            self._asked.add(kind)
            for answer in THINGS.ask(kind):
                self.update(answer)
        return self.get(thing, "")


@dataclass(frozen=True, slots=True)
class Lot:
    """Points of an entry that share one last day (None: for ever); minus where they were taken."""

    expires_on: date | None
    points: int


def describe(entry: LedgerEntry, names: Names | None = None) -> str:
    """Return one line that tells a member why their points changed; which order it was stands
    beside it (order_of).

    ``names`` are those of ``rule_names``, read here where one entry alone is described.
    """
    names = rule_names() if names is None else names
    if entry.kind == LedgerEntry.Kind.ACCRUE:
        return _earned(entry, names)
    if entry.reference.startswith(REFERENCE):
        came = entry.kind == LedgerEntry.Kind.ADJUST
        return _("Opening balance") if came else _("Opening balance taken back")
    if entry.description and entry.kind in ("adjust", "clawback", "spend"):
        return entry.description
    if entry.kind == "spend" and entry.reference.startswith("coupon:"):
        return _("Bought a coupon")
    if entry.kind == "spend" and entry.reference.startswith("makeup:"):
        day = date.fromisoformat(entry.reference.removeprefix("makeup:"))
        return _("Made up %(day)s") % {"day": date_format(day, "MONTH_DAY_FORMAT")}
    of_order, otherwise = SAID[entry.kind]
    what = _(of_order if order_of(entry) else otherwise)
    thing = _thing(entry, names)
    return _("%(what)s: %(thing)s") % {"what": what, "thing": thing} if thing else what


def formula_of(entry: LedgerEntry, names: Names | None = None) -> str:
    """Return how an entry's points were made, where a rule alone did not make them."""
    made = entry.alloc.get("made")
    return formula.in_words(made, rule_names() if names is None else names) if made else ""


def lots_of(entry: LedgerEntry) -> list[Lot]:
    """Return the lots an entry added (plus) or took (minus), soonest-expiring first."""
    return [
        Lot(day and date.fromisoformat(day), points) for day, points in entry.alloc.get("lots", ())
    ]


def icon_of(entry: LedgerEntry) -> str:
    """Return the name of the picture beside an entry."""
    if entry.kind == LedgerEntry.Kind.ACCRUE and entry.rule:
        return rule_wording.icon_of(entry.rule)
    return ICONS[entry.kind]


def of_case(case: RiskCase) -> str:
    """Return one kind sentence that tells a member what is paused and why."""
    return of_pause(case.kind, case.scope)


def of_pause(kind: str, scope: str) -> str:
    """Return the same for the kind and scope of a case."""
    if kind == RiskCase.Kind.EARNED:
        return _(
            "You collected a lot of points in one day, so earning rests until a colleague has had "
            "a look. You can spend as usual."
        )
    if kind == RiskCase.Kind.DRIFT:
        return _(
            "Our nightly check found something to look at in your account. It is our turn: your "
            "points are safe and rest meanwhile."
        )
    return {
        RiskCase.Scope.EARN: _(
            "Earning rests while we look at your account. You can spend as usual."
        ),
        RiskCase.Scope.SPEND: _(
            "Spending rests while we look at your account. You go on earning as usual."
        ),
        RiskCase.Scope.ALL: _("Your points rest while we look at your account. Nothing is lost."),
    }[scope]


def rule_names() -> Names:
    """Return the names of all rules by code, and of what the rooms above pay for by reference
    (``mission:<code>``), in the reader's language.
    """
    names = Names({rule.code: rule.name for rule in _rules()})
    names["campaign"] = _("A gift from the shop")
    for answer in PAID_FOR.ask():
        names.update(answer)
    return names


@kept
def _rules() -> list[Rule]:
    return list(Rule.objects.all())


def _earned(entry, names):
    what = _what_earned(entry, names)
    if not entry.alloc.get("set_aside"):
        return what
    day = date_format(entry.biz_date, "MONTH_DAY_FORMAT")
    return _("%(what)s (of %(day)s, after a review)") % {"what": what, "day": day}


def _what_earned(entry, names):
    step = entry.alloc.get("step")
    if entry.rule == "register":
        return _("Signed up")
    if entry.rule == "login":
        return _("Daily sign-in")
    if entry.rule == "checkin":
        return _("Daily check-in, day %(day)s") % {"day": step} if step else _("Daily check-in")
    if entry.rule == "checkin_milestone" and step:
        return _("%(days)s days in a row") % {"days": step}
    if entry.description:
        return entry.description
    if entry.rule:
        return names.get(entry.reference) or names.get(entry.rule) or _("Earned")
    return _thing(entry, names) or _("Earned")


def _thing(entry, names) -> str:
    """Return what the numbered thing is called that an entry is about; names are not read for
    others.
    """
    thing = entry.reference.rpartition(":")[0]
    return names.of_thing(thing) if ":" in thing else ""


def order_of(entry: LedgerEntry) -> str:
    """Return the number of the order an entry belongs to, or nothing."""
    kind, _colon, no = entry.reference.partition(":")
    return no if kind == "order" else ""
