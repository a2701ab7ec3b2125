"""Facts that happened, as awards: what a back-test replays.

Each room answers for the actions whose facts it keeps (``HAPPENED``): check-ins, paid orders,
reviews, sign-ins stand in rows of their own, also where a limit refused them. Of other actions only
what was paid is known, from the books: a looser limit cannot be tried on those.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from accounts.events import REGISTERED, SIGNED_IN
from mall.core import clock
from mall.core.events import Question
from points import making, rulebook, rules, statement, tiers
from points.models import SEQ_SPAN, Event, Grant, LedgerEntry, MemberTier
from points.replay import LIFE, Before

# (action, ids of members, first and last shop day): what happened, or None of an action that
# somebody else keeps
HAPPENED = Question()
RECENT = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Batch:
    """The facts of an action of some members, each member's together and in order; what had
    happened before; what the books say was paid, by day; the tier of a member at a fact.
    """

    facts: list
    before: Before
    paid: Counter
    level_at: Callable
    is_whole: bool


def of(action: str, members: list[int], since: date, until: date, versions: list) -> Batch:
    """Return what happened to some members on some shop days (both included); ``versions`` are
    those of all rules.
    """
    entries = _entries(members, rulebook.codes_of(action, versions))
    grants = Grant.objects.filter(account_id__in=members, action=action).order_by()
    now = list(entries.filter(biz_date__gte=since, biz_date__lte=until).exclude(_IS_GRANT))
    promised = list(grants.filter(on__gte=since, on__lte=until).select_related("version__rule"))
    answers = [one for one in HAPPENED.ask(action, members, since, until) if one is not None]
    is_whole = bool(answers)
    facts = [fact for answer in answers for fact in answer]
    if not is_whole:
        facts = [_fact_of_entry(action, one) for one in now]
        facts += [_fact_of_grant(one) for one in promised]
    facts.sort(key=lambda fact: (fact.user_id, fact.at, fact.key))
    paid = Counter()
    for entry in now:
        paid[entry.biz_date] += entry.worth
    for grant in promised:
        paid[grant.on] += grant.points
    made = {(one.account_id, one.key): one.alloc.get("made") for one in now}
    made |= {(one.account_id, one.key): one.made for one in promised}
    reach = max((one.every_days for one in versions), default=0)
    recent = since - max(RECENT, timedelta(days=reach))
    before = _before(action, since, recent, entries.exclude(_IS_GRANT), grants)
    return Batch(facts, before, paid, _levels(members, made), is_whole)


_IS_GRANT = Q(key__startswith="grant:")


def _entries(members, codes):
    found = statement.entries_of_all(members)
    return found.filter(kind=LedgerEntry.Kind.ACCRUE, rule__in=codes)


def _fact_of_entry(action, entry) -> rules.Award:
    made = entry.alloc.get("made")
    amount = sum(part.base for part in making.of_rows(made)) if made else entry.worth
    return rules.Award(
        entry.account_id,
        action,
        entry.key,
        entry.created_at,
        on=entry.biz_date,
        amount=amount,
        step=entry.alloc.get("step"),
    )


def _fact_of_grant(grant) -> rules.Award:
    words = {"on": grant.on, "amount": grant.amount}
    return rules.Award(grant.account_id, grant.action, grant.key, grant.promised_at, **words)


# --- what had happened before -----------------------------------------------------------
def _before(action, since, recent, entries, grants) -> Before:
    """Return on which days rules had paid before: day by day as far back as a week, a month or a
    distance in days may reach, and all before that together.
    """
    found = Before(defaultdict(Counter), defaultdict(set))
    for rows, code, day in ((entries, "rule", "biz_date"), (grants, "version__rule__code", "on")):
        earlier = rows.filter(**{f"{day}__lt": since})
        near = earlier.filter(**{f"{day}__gte": recent})
        far = earlier.filter(**{f"{day}__lt": recent})
        for user_id, rule, on, n in near.values_list("account_id", code, day).annotate(Count("pk")):
            found.days[user_id, rule][on] += n
            found.paid[user_id].add(action)
        for user_id, rule, n in far.values_list("account_id", code).annotate(Count("pk")):
            found.days[user_id, rule][LIFE] += n
            found.paid[user_id].add(action)
    return found


# --- the tier of then --------------------------------------------------------------------
def _levels(members, made) -> Callable:
    """Return a function from a fact to the tier its member had: as the books say what multiplied
    it; else by the day since when the member stands there, or by the points of the twelve months
    before.
    """
    standing, credits = MemberTier.objects.in_bulk(members), {}

    def level_at(fact) -> int:
        for part in making.of_rows(made.get((fact.user_id, fact.key)) or ()):
            for factor in part.factors:
                if factor.code == making.TIER:
                    return factor.number
        row = standing.get(fact.user_id)
        if row is None or row.since <= fact.day:
            return row.level if row else 1
        if not credits:
            credits.update(tiers.credits_of(members))
        return tiers.level_before(credits.get(fact.user_id, {}), fact.day)

    return level_at


# --- what points itself keeps --------------------------------------------------------------
def events_of(kind: str, members: Iterable[int], since: date, until: date) -> Iterable[Event]:
    """Return the facts of a kind of some members on some shop days, in their order."""
    ranges = (Q(pk__gt=one * SEQ_SPAN, pk__lt=(one + 1) * SEQ_SPAN) for one in members)
    window = {"at__gte": clock.start_of(since), "at__lt": clock.end_of(until)}
    found = Event.objects.filter(Q(*ranges, _connector=Q.OR), kind=kind, **window)
    return found.order_by("pk")


def happened(action: str, members: list[int], since: date, until: date) -> list | None:
    """Return sign-ups and first sign-ins of days."""
    if action == "register":
        told = events_of(REGISTERED, members, since, until)
        firsts = [one for one in told if one.data["first_of_person"]]
        return [rules.Award(one.member, action, action, one.at) for one in firsts]
    if action == "login":
        days = {}
        for one in events_of(SIGNED_IN, members, since, until):
            days.setdefault((one.member, one.reference), one)
        return [rules.Award(one.member, action, key, one.at) for (_, key), one in days.items()]
    return None
