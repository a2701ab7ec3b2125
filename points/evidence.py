"""What was seen when a case was opened: kept in the case, because a person reads it days later."""

from collections import Counter
from datetime import date

from allauth.usersessions.models import UserSession

from mall.core.networks import network_of
from points import statement
from points.models import RuleVersion
from points.postings import asked

ENTRIES_MAX = 200
SESSIONS_MAX = 10
UNWATCHED = ("referral", "referred")  # looked at before they are paid (Award.is_watched)


def of_day(user_id: int, on: date, *, limit: int) -> dict:
    """Return a day's earning as plain values: sums by rule, the entries, the devices the member
    signed in with. What does not count towards the limit is left out: what was paid for, and what
    a person has released.
    """
    earned = statement.entries_of(user_id).filter(biz_date=on, kind="accrue").exclude(rule="")
    earned = earned.exclude(key__startswith="grant:").exclude(rule__in=UNWATCHED)
    paid = set(
        RuleVersion.objects.filter(value=RuleVersion.Value.PER_YUAN).values_list(
            "rule__code", "number"
        )
    )
    entries = [
        entry
        for entry in earned[:ENTRIES_MAX]
        if (entry.rule, entry.rule_version) not in paid and not entry.alloc.get("set_aside")
    ]
    by_rule = Counter()
    for entry in entries:
        by_rule[entry.rule] += asked(entry)
    return {
        "on": on.isoformat(),
        "limit": limit,
        "earned": sum(by_rule.values()),
        "by_rule": [[rule, points] for rule, points in by_rule.most_common()],
        "entries": [_entry(entry) for entry in reversed(entries)],
        "devices": devices_of(user_id),
    }


def of_drift(findings) -> dict:
    """Return what did not fit, as plain values."""
    return {"findings": [finding.as_dict() for finding in findings[:ENTRIES_MAX]]}


def devices_of(user_id: int) -> list[dict]:
    """Return the latest sign-ins: when, from which network (the last part left out), with what."""
    sessions = UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at")[:SESSIONS_MAX]
    return [
        {
            "seen_at": session.last_seen_at.isoformat(),
            "network": _network(session.ip),
            "agent": session.user_agent[:120],
        }
        for session in sessions
    ]


def _entry(entry):
    at = entry.created_at.isoformat()
    return {
        "seq": entry.seq,
        "points": asked(entry),
        "rule": entry.rule,
        "reference": entry.reference,
        "at": at,
    }


def _network(address):
    """Return an address without the part that names one household."""
    network = network_of(address)
    return network if ":" in network else ".".join([*network.split(".")[:3], "*"])
