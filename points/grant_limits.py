"""How often a rule promises: for which of some new promises its limits leave room.

An award takes a slot in the account's row; a promise takes none, because it may fall away before it
arrives. Called under the members' locks.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta

from django.db.models import Count, F

from points.models import Grant, RuleVersion


def with_room(grants: list[Grant]) -> list[Grant]:
    """Leave out, in their order, the promises for which their rule's limits leave no room any more;
    what a refund undid takes none. One statement.
    """
    if not grants:
        return []
    kept = Grant.objects.filter(
        account_id__in={grant.account_id for grant in grants},
        version__rule__in={grant.version.rule_id for grant in grants},
        taken_back__lt=F("points"),
    ).order_by()
    taken, fitting = defaultdict(Counter), []
    days = kept.values_list("account_id", "version__rule", "on").annotate(Count("pk"))
    for user_id, rule_id, on, count in days:
        taken[user_id, rule_id][on] = count
    for grant in grants:
        mine = taken[grant.account_id, grant.version.rule_id]
        if has_room(grant.version, mine, grant.on):
            mine[grant.on] += 1
            fitting.append(grant)
    return fitting


def has_room(version: RuleVersion, taken: Counter, on: date, used=(0, 0, 0, 0)) -> bool:
    """Say whether a rule promises once more on a day; ``taken`` are the promises of each day,
    ``used`` the slots that awards took of its day, week, month and life.
    """
    monday = on - timedelta(days=on.isoweekday() - 1)
    spans = (
        lambda day: day == on,
        lambda day: monday <= day < monday + timedelta(days=7),
        lambda day: (day.year, day.month) == (on.year, on.month),
        lambda day: True,
    )
    for within, limit, before in zip(spans, version.limits, used, strict=True):
        if before + sum(count for day, count in taken.items() if within(day)) >= limit:
            return False
    recent = on - timedelta(days=version.every_days)
    return not (version.every_days and any(day > recent for day in taken))
