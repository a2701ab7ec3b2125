"""Many sign-ups from one network or on one device in a short time: a farm of accounts, or the
opening day of a shop with wifi. A case is opened and a person looks; nobody is paused by default.

The sweep may come late, twice, or not for a while: it looks back over LOOKBACK, and what it saw is
written down once per mark and shop day.
Source: docs/reliability.md "Threats", farms of accounts.
"""

from datetime import datetime, timedelta

from django.db.models import Count

from accounts.models import User
from mall.core import clock
from points import sightings
from points.models import RiskCase, RiskRule

LOOKBACK = timedelta(days=1)
# which rule looks at which mark of the sign-up
SIGN_UPS = (
    (RiskRule.Code.SIGN_UPS_NETWORK, "joined_network", RiskCase.Kind.NETWORK),
    (RiskRule.Code.SIGN_UPS_DEVICE, "joined_device", RiskCase.Kind.DEVICE),
)


def watch_sign_ups(as_of: datetime | None = None) -> int:
    """Note bursts of sign-ups up to ``as_of`` (default: now); returns how many are new."""
    as_of, new = as_of or clock.now(), 0
    for code, column, kind in SIGN_UPS:
        rule = sightings.rule(code)
        if rule is None:
            continue
        since = as_of - LOOKBACK - timedelta(minutes=rule.window_minutes)
        joined = User.objects.filter(date_joined__gt=since, date_joined__lte=as_of)
        joined = joined.filter(**{f"{column}__isnull": False}).order_by()
        busy = joined.values(column).annotate(number=Count("pk")).filter(number__gte=rule.bound)
        marks = list(busy.values_list(column, flat=True))
        seen = joined.filter(**{f"{column}__in": marks}).values_list(column, "pk", "date_joined")
        for found in sightings.bursts(rule, seen):
            new += sightings.note_burst(rule, found, kind=kind)
    return new


def is_in_burst(user: User) -> int:
    """Return among how many sign-ups from one network a member came in, 0 where they were few or
    the rule is off.
    """
    rule = sightings.rule(RiskRule.Code.SIGN_UPS_NETWORK)
    if rule is None or user.joined_network is None:
        return 0
    window = timedelta(minutes=rule.window_minutes)
    around = (user.date_joined - window, user.date_joined + window)
    near = User.objects.filter(joined_network=user.joined_network, date_joined__range=around)
    seen = near.values_list("joined_network", "pk", "date_joined")
    bursts = sightings.bursts(rule, seen)
    return next((len(one.members) for one in bursts if user.pk in one.members), 0)
