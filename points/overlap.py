"""Two rules for one event: what an operator is warned of before members wonder."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from points.models import Rule, RuleVersion
from points.models.rules import MULTIPLIER

RUNNING = (Rule.Status.ACTIVE, Rule.Status.SCHEDULED)
# what an operator is told of two rules that pay, and of two that multiply
WORDS = (
    _("“%(rule)s” answers the same event at the same time. Only “%(wins)s” pays, by its priority."),
    _(
        "“%(rule)s” multiplies the same at the same time. Only “%(wins)s” does, by its "
        "priority, unless both may go together."
    ),
)
ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def rivals_of(rule: Rule, others=None) -> list[Rule]:
    """Return the other running rules that answer the same event in an overlapping window, on a
    common weekday, for members of a common tier; of multipliers those that are for a common action
    and may not go together with it.
    """
    if rule.status not in RUNNING:
        return []
    found = (
        Rule.objects.filter(action=rule.action, status__in=RUNNING).prefetch_related("versions")
        if others is None
        else others
    )
    return [
        other
        for other in found
        if other.pk != rule.pk and other.action == rule.action and _overlap(rule, other)
    ]


def _overlap(rule, rival):
    start, end = _window(rule)
    rival_start, rival_end = _window(rival)
    if rival.status not in RUNNING or start >= rival_end or rival_start >= end:
        return False
    one, other = _newest(rule), _newest(rival)
    has_common_day = bool(_weekdays(one) & _weekdays(other))
    has_common_tier = one.tier_from <= other.tier_to and other.tier_from <= one.tier_to
    return has_common_day and has_common_tier and not _go_together(rule, one, other)


def _go_together(rule, one, other):
    """Say whether two multipliers do not exclude each other: both may go together, or they are for
    different things.
    """
    if rule.action != MULTIPLIER:
        return False
    actions, others = set(one.actions or ()), set(other.actions or ())
    is_apart = actions and others and not actions & others
    return bool(is_apart or (one.stackable and other.stackable))


def _window(rule):
    return rule.starts_at or ALWAYS[0], rule.ends_at or ALWAYS[1]


def _newest(rule):
    return (next(iter(rule.versions.all()), None) if rule.pk else None) or RuleVersion()


def _weekdays(version):
    return set(version.weekdays or range(1, 8))
