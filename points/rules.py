"""What an action is worth. A client never names an action; the shop calls ``award`` for a fact it
saw.

Limits are slots: the n-th award of a rule in a day, week, month or life takes slot n, counted in
the member's locked row, so two doors at once cannot take the same one.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Subquery

from mall.core import clock
from mall.core.kept import kept
from mall.core.transactions import transactional
from points import errors, ledger, machine, risk, statement, validity
from points.models import LedgerEntry, PointsPolicy, Rule, RuleVersion
from points.postings import as_text
from points.signals import points_awarded


@transactional
def award(
    user_id: int,
    action: str,
    *,
    key: str,
    on: date | None = None,
    amount: Decimal | None = None,
    step: int | None = None,
    reference: str = "",
    description: str = "",
) -> LedgerEntry | None:
    """Credit what the active rule of an action is worth, once per ``key``.

    ``amount`` is yuan paid (per-yuan rules) or the points the fact itself is worth, ``step`` the
    day or count of a table. Returns the entry, the first one again on a repeat, or None: no rule is
    active, it is worth nothing, a limit is used up, or the account may not earn.
    """
    on = on or clock.today()
    version = active(action, on=on)
    points = worth(version, amount=amount, step=step) if version else 0
    if points <= 0 or _is_too_soon(version, user_id, key, on):
        return None
    expiry = as_text(expires_on(version, on))
    command = machine.Accrue(
        points, expiry, version.rule.code, version.limits, step, earned_max(version)
    )
    posting = ledger.Posting(
        user_id,
        command,
        key=key,
        rule=version.rule.code,
        rule_version=version.number,
        reference=reference,
        description=description,
        on=on,
        same_fact=True,
    )
    try:
        entry = ledger.post_many([posting])[0]
    except (errors.LimitReached, errors.AccountFrozen):
        return None
    if entry.is_new:
        risk.watch(entry)
        points_awarded.send(sender=None, user_id=user_id, action=action, entry=entry)
    return entry


def preview(action, *, amount=None, step=None, as_of: datetime | None = None) -> int:
    """Return how many points an action would earn now; limits and the member's standing aside."""
    version = active(action, as_of=as_of)
    return worth(version, amount=amount, step=step) if version else 0


def active(action, *, as_of: datetime | None = None, on: date | None = None) -> RuleVersion | None:
    """Return the version in force of the rule for an action; of several that fit the day the one of
    the smallest priority.
    """
    now = as_of or clock.now()
    weekday = (on or clock.day_of(now)).isoweekday()
    fitting = (
        version
        for version in in_force(now, action=action)
        if not version.weekdays or weekday in version.weekdays
    )
    return next(fitting, None)


def in_force(as_of: datetime | None = None, *, action: str | None = None) -> list[RuleVersion]:
    """Return the version in force of every active rule (of one action), in order of priority."""
    now = as_of or clock.now()
    return [
        version
        for version in _newest()
        if action in (None, version.rule.action) and version.rule.is_open(now)
    ]


@kept
def _newest() -> list[RuleVersion]:
    """Return the newest version of every rule that is or may become active: best rule first."""
    # The day's limit rides along: an award asks for the rule and the policy in one go.
    limit = Subquery(PointsPolicy.objects.order_by("pk").values("earned_per_day_max")[:1])
    newest = {}
    versions = (
        RuleVersion.objects.filter(rule__status__in=[Rule.Status.ACTIVE, Rule.Status.SCHEDULED])
        .select_related("rule")
        .annotate(limit_of_day=limit)
        .order_by("rule__priority", "rule_id", "-number")
    )
    for version in versions:
        newest.setdefault(version.rule_id, version)
    return list(newest.values())


def worth(version: RuleVersion, *, amount=None, step=None) -> int:
    """Return the points of one award; parts of a point are dropped, a step past the table earns its
    last number.
    """
    if version.value == RuleVersion.Value.PER_YUAN:
        return min(int(Decimal(amount or 0) * version.points), machine.POINTS_MAX)
    if version.value == RuleVersion.Value.GIVEN:
        return int(amount or 0)
    if version.value == RuleVersion.Value.TABLE:
        return version.table[min(step or 1, len(version.table)) - 1] if version.table else 0
    return version.points


def expires_on(version: RuleVersion, on: date) -> date | str | None:
    """Return the last day of points earned on ``on`` under this version; None when they never
    expire.
    """
    return {
        RuleVersion.Validity.STANDARD: ledger.DEFAULT,
        RuleVersion.Validity.MONTH_END: validity.month_end(on),
        RuleVersion.Validity.YEAR_END: validity.year_end(on),
        RuleVersion.Validity.DAYS: on + timedelta(days=version.validity_days),
        RuleVersion.Validity.NEVER: None,
    }[version.validity]


def earned_max(version: RuleVersion) -> int:
    """Return how many points a member may earn in a day before earning is paused."""
    return version.limit_of_day or PointsPolicy().earned_per_day_max


def numbers_of(version: RuleVersion | None) -> dict:
    """Return what a version says, by field; nothing for none."""
    names = (
        "value",
        "points",
        "table",
        "validity",
        "validity_days",
        "per_day",
        "per_week",
        "per_month",
        "per_life",
    )
    more = ("every_days", "matures_after_days", "weekdays")
    return {name: getattr(version, name) for name in (*names, *more)} if version is not None else {}


def _is_too_soon(version, user_id, key, on):
    """Return whether a rule that pays once in so many days has paid within them for another
    fact.
    """
    if not version.every_days:
        return False
    # Two doors may report the same birthday at once; the second must see the first's entry.
    ledger.open(user_id)
    since = on - timedelta(days=version.every_days)
    paid = statement.entries_of(user_id).filter(
        rule=version.rule.code, kind=LedgerEntry.Kind.ACCRUE, biz_date__gt=since
    )
    return (
        paid.exclude(key=key).exists()
        and not statement.entries_of(user_id).filter(key=key).exists()
    )


@transactional
def publish(rule: Rule, *, actor: str, **numbers) -> RuleVersion:
    """Add a version to a rule; entries of the old one keep naming it. The same numbers again add
    nothing.
    """
    # Two operators may publish at once; the second must number its version after the first's.
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    last = rule.versions.first()
    if last is not None and all(getattr(last, name) == value for name, value in numbers.items()):
        return last
    number = last.number + 1 if last else 1
    return RuleVersion.objects.create(
        rule=rule, number=number, created_by=actor, created_at=clock.now(), **numbers
    )
