"""Two rules for one event: what an operator is warned of before members wonder."""

from datetime import UTC, datetime

from points.models import Rule, RuleVersion

RUNNING = (Rule.Status.ACTIVE, Rule.Status.SCHEDULED)
ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def rivals_of(rule: Rule, others=None) -> list[Rule]:
    """Return the other running rules that answer the same event in an overlapping window, on a
    common weekday.
    """
    if rule.status not in RUNNING:
        return []
    found = (
        Rule.objects.filter(action=rule.action, status__in=RUNNING).prefetch_related("versions")
        if others is None
        else others
    )
    mine = (rule, _weekdays(rule))
    return [
        other
        for other in found
        if other.pk != rule.pk
        and other.action == rule.action
        and _overlap(mine, (other, _weekdays(other)))
    ]


def _overlap(one, other):
    (rule, days), (rival, rival_days) = one, other
    start, end = _window(rule)
    rival_start, rival_end = _window(rival)
    is_running = rival.status in RUNNING
    return is_running and start < rival_end and rival_start < end and bool(days & rival_days)


def _window(rule):
    return rule.starts_at or ALWAYS[0], rule.ends_at or ALWAYS[1]


def _weekdays(rule):
    newest = next(iter(rule.versions.all()), None) if rule.pk else None
    return set(
        newest.weekdays if isinstance(newest, RuleVersion) and newest.weekdays else range(1, 8)
    )
